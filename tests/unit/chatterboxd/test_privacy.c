// SPDX-License-Identifier: MIT
/* libpq finds none of PostgreSQL's variables, other variables stay, and no core is written. */
#include "privacy.h"
#include "unit.h"

#include <stdlib.h>
#include <sys/prctl.h>

START_TEST(the_process_is_hardened)
{
	static const char *const gone[] = { "PGHOST", "PGSERVICE", "PGOPTIONS", "PGTZ",
					    "PGPASSWORD" };
	size_t i;

	clearenv();
	setenv("PATH", "/bin", 1);
	for (i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		setenv(gone[i], "x", 1);
	setenv("XPGHOST", "x", 1);
	setenv("NLCONF_RMQ__PASS", "x", 1);
	cbd_privacy_begin();
	for (i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		ck_assert_ptr_null(getenv(gone[i]));
	ck_assert_str_eq(getenv("PATH"), "/bin");
	ck_assert_str_eq(getenv("XPGHOST"), "x");
	ck_assert_str_eq(getenv("NLCONF_RMQ__PASS"), "x");
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 0);
	clearenv();
	cbd_privacy_begin();
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("privacy");

	tcase_add_test(tcase, the_process_is_hardened);
	suite_add_tcase(suite, tcase);
}
