// SPDX-License-Identifier: MIT
/* module.c - the module's exports, of one environment */
#include "addon.h"

#include <stdlib.h>

/* setErrors(make): the function that makes a ChatterboxError */
static napi_value set_errors(napi_env env, napi_callback_info info)
{
	struct addon *addon = NULL;
	napi_value make = NULL;
	size_t count = 1;

	napi_get_cb_info(env, info, &count, &make, NULL, NULL);
	napi_get_instance_data(env, (void **)&addon);
	if (addon->make_error)
		napi_delete_reference(env, addon->make_error);
	addon->make_error = NULL;
	napi_create_reference(env, make, 1, &addon->make_error);
	return NULL;
}

static void end(napi_env env, void *data, void *hint)
{
	(void)env;
	(void)hint;
	free(data);
}

NAPI_MODULE_INIT()
{
	static const napi_property_descriptor set = ADDON_METHOD("setErrors", set_errors);
	struct addon *addon = calloc(1, sizeof(*addon));

	if (!addon || napi_set_instance_data(env, addon, end, NULL) != napi_ok) {
		free(addon);
		napi_throw_error(env, NULL, "out of memory");
		return NULL;
	}
	napi_define_properties(env, exports, 1, &set);
	addon_set(env, exports, "version", addon_string(env, chatterbox_version()));
	addon_engine_define(env, exports);
	addon_peer_define(env, exports);
	addon_task_define(env, exports);
	return exports;
}
