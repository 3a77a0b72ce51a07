// SPDX-License-Identifier: MIT
/* value.c - what all of the addon's classes need of Node-API: values, errors, wrapped objects */
#include "addon.h"

#include <stdlib.h>
#include <string.h>

const napi_type_tag addon_engine_tag = { 0x6368617474657262, 0x6f7820656e67696e };

napi_value addon_undefined(napi_env env)
{
	napi_value value = NULL;

	napi_get_undefined(env, &value);
	return value;
}

bool addon_is(napi_env env, napi_value value, napi_valuetype type)
{
	napi_valuetype found = napi_undefined;

	return value && napi_typeof(env, value, &found) == napi_ok && found == type;
}

char *addon_text(napi_env env, napi_value value)
{
	size_t len = 0;
	char *text;

	if (!value || napi_get_value_string_utf8(env, value, NULL, 0, &len) != napi_ok)
		return NULL;
	text = malloc(len + 1);
	if (text)
		napi_get_value_string_utf8(env, value, text, len + 1, &len);
	return text;
}

napi_value addon_string(napi_env env, const char *text)
{
	napi_value value = NULL;

	if (!text || napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value) != napi_ok)
		return addon_undefined(env);
	return value;
}

void addon_set(napi_env env, napi_value object, const char *name, napi_value value)
{
	napi_set_named_property(env, object, name, value);
}

napi_value addon_get(napi_env env, napi_value object, const char *name)
{
	napi_value value = NULL;

	return napi_get_named_property(env, object, name, &value) == napi_ok ? value : NULL;
}

napi_value addon_error(napi_env env, const struct chatterbox_error *error)
{
	struct addon *addon = NULL;
	napi_value arguments[4];
	napi_value make = NULL;
	napi_value made = NULL;

	if (napi_get_instance_data(env, (void **)&addon) != napi_ok || !addon->make_error ||
	    napi_get_reference_value(env, addon->make_error, &make) != napi_ok)
		return NULL;
	arguments[0] =
		addon_string(env, error->text[0] ? error->text : chatterbox_strerror(error->code));
	napi_create_int32(env, error->code, &arguments[1]);
	arguments[2] = addon_string(env, chatterbox_server_to_string(error->server));
	arguments[3] = addon_string(env, error->reason[0] ? error->reason : NULL);
	if (napi_call_function(env, addon_undefined(env), make, 4, arguments, &made) != napi_ok)
		return NULL;
	return made;
}

napi_value addon_fail(napi_env env, int code, const char *text)
{
	struct chatterbox_error error = { .code = code };
	napi_value made;

	strncpy(error.text, text, sizeof(error.text) - 1);
	made = addon_error(env, &error);
	if (made)
		napi_throw(env, made);
	return NULL;
}

void addon_report_exception(napi_env env)
{
	napi_value thrown = NULL;
	bool pending = false;

	if (napi_is_exception_pending(env, &pending) == napi_ok && pending &&
	    napi_get_and_clear_last_exception(env, &thrown) == napi_ok)
		napi_fatal_exception(env, thrown);
}

void addon_call(napi_env env, napi_value this, napi_value function, size_t count,
		const napi_value *arguments)
{
	if (napi_call_function(env, this, function, count, arguments, NULL) != napi_ok)
		addon_report_exception(env);
}

bool addon_constructs(napi_env env, napi_callback_info info, size_t count, napi_value *arguments,
		      napi_value *this)
{
	napi_value target = NULL;

	if (napi_get_cb_info(env, info, &count, arguments, this, NULL) == napi_ok &&
	    napi_get_new_target(env, info, &target) == napi_ok && target)
		return true;
	napi_throw_type_error(env, NULL, "a class is called with new");
	return false;
}

bool addon_wrap(napi_env env, napi_value object, const napi_type_tag *tag, void *native,
		napi_finalize finalize)
{
	return napi_wrap(env, object, native, finalize, NULL, NULL) == napi_ok &&
	       napi_type_tag_object(env, object, tag) == napi_ok;
}

void *addon_unwrap(napi_env env, napi_callback_info info, const napi_type_tag *tag, size_t count,
		   napi_value *arguments)
{
	napi_value this = NULL;
	void *native = NULL;
	bool ours = false;

	if (napi_get_cb_info(env, info, &count, arguments, &this, NULL) == napi_ok &&
	    addon_is(env, this, napi_object) &&
	    napi_check_object_type_tag(env, this, tag, &ours) == napi_ok && ours)
		napi_unwrap(env, this, &native);
	if (!native)
		napi_throw_type_error(env, NULL, "this is not what the method belongs to");
	return native;
}

void addon_class(napi_env env, napi_value exports, const char *name, napi_callback constructor,
		 size_t count, const napi_property_descriptor *members)
{
	napi_value class = NULL;

	if (napi_define_class(env, name, NAPI_AUTO_LENGTH, constructor, NULL, count, members,
			      &class) == napi_ok)
		addon_set(env, exports, name, class);
}
