// SPDX-License-Identifier: MIT
/* test_postgres.c - the SQL suite over PostgreSQL, and what may become of the server */
#include "pg_faults.h"
#include "pg_kit.h"

UNIT_SUITE(suite)
{
	sql_suite(&pg_world, suite);
	pg_suite_faults(suite);
	pg_suite_rows(suite);
	pg_suite_commits(suite);
	pg_suite_setting(suite);
	pg_suite_orm(suite);
	pg_kit_stop(suite);
}
