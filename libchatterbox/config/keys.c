// SPDX-License-Identifier: MIT
/* keys.c - the table of configuration keys, made of keys.def, for checks and --print-config */
#include "config/keys.h"

#include "common/cleanup.h"

#define DAY_S INT64_C(86400)
#define WEEK_S (7 * DAY_S)
#define AGE_S (3660 * DAY_S) /* ten years */
#define AGE_MS (AGE_S * 1000)
#define DAY_MS (DAY_S * 1000)
#define PATH_BYTES 4096
#define SECRET_BYTES 4096
#define SHORT_BYTES 255 /* AMQP's short string; a host name */
#define STATUS_BYTES 64 /* a status text (contract 1.3) */

#define RELOAD CBX_KEY_RELOAD
#define SECRET CBX_KEY_SECRET

/* How keys.def writes the kinds of values */
#define WRITTEN_FLAG CBX_KEY_FLAG
#define WRITTEN_INTEGER CBX_KEY_INTEGER
#define WRITTEN_COUNT CBX_KEY_INTEGER
#define WRITTEN_SECONDS CBX_KEY_INTEGER
#define WRITTEN_MILLISECONDS CBX_KEY_INTEGER
#define WRITTEN_DURATION CBX_KEY_DURATION
#define WRITTEN_TEXT CBX_KEY_TEXT
#define WRITTEN_NAME CBX_KEY_NAME
#define WRITTEN_WORD CBX_KEY_CHOICE
#define WRITTEN_CHOICE CBX_KEY_CHOICE
#define WRITTEN_LIST CBX_KEY_LIST

#define KEY(place, written, member, ...) { WRITTEN_##written, __VA_ARGS__ },

const struct cbx_key cbx_keys[] = {
#include "config/keys.def"
};

const size_t cbx_key_count = CBX_COUNT(cbx_keys);
