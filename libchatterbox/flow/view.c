// SPDX-License-Identifier: MIT
/* view.c - swaps pictures under a mutex that is held for a pointer's copy only */
#include "flow/view.h"

#include <stdlib.h>

struct cbx_view *cbx_view_ref(struct cbx_view *view)
{
	view->refs++;
	return view;
}

void cbx_view_unref(struct cbx_view *view)
{
	if (!view || --view->refs > 0)
		return;
	cbx_snapshot_unref(view->jobs);
	cbx_system_list_unref(view->systems);
	free(view);
}

void cbx_window_init(struct cbx_window *window)
{
	window->view = NULL;
	pthread_mutex_init(&window->lock, NULL);
}

void cbx_window_close(struct cbx_window *window)
{
	cbx_view_unref(window->view);
	window->view = NULL;
	pthread_mutex_destroy(&window->lock);
}

void cbx_window_show(struct cbx_window *window, struct cbx_view *view)
{
	struct cbx_view *old;

	pthread_mutex_lock(&window->lock);
	old = window->view;
	window->view = view;
	pthread_mutex_unlock(&window->lock);
	cbx_view_unref(old);
}

struct cbx_view *cbx_window_look(struct cbx_window *window)
{
	struct cbx_view *view;

	pthread_mutex_lock(&window->lock);
	view = window->view ? cbx_view_ref(window->view) : NULL;
	pthread_mutex_unlock(&window->lock);
	return view;
}
