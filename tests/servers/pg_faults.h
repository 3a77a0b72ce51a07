/* SPDX-License-Identifier: MIT */
/* pg_faults.h - the cases that only a server can make */
#ifndef CBX_TESTS_PG_FAULTS_H
#define CBX_TESTS_PG_FAULTS_H

#include <check.h>

void pg_suite_faults(Suite *suite);
void pg_suite_rows(Suite *suite);    /* killed, frozen, read-only, terminated */
void pg_suite_commits(Suite *suite); /* commits whose answer is lost */
void pg_suite_setting(Suite *suite); /* roles, environment, time zones, poolers */
void pg_suite_orm(Suite *suite);     /* tables as an ORM makes them */

#endif
