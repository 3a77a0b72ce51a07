// SPDX-License-Identifier: MIT
/* test_day.c - the day over the embedded profile */
#include "day.h"
#include "unit.h"

int main(void)
{
	Suite *suite = suite_create("day");

	day_suite(suite, &day_embedded);
	return unit_run(suite);
}
