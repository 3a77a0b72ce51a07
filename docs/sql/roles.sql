-- SPDX-License-Identifier: MIT
--
-- roles.sql - the two least roles under which chatterbox works in PostgreSQL (15 or newer)
--
--   chatterbox_migrate  creates and extends tables: chatterboxd --migrate, and nothing else
--   chatterbox_app      reads and writes rows, and deletes only where the clean-up needs it
--
-- Run it by psql as a superuser or the owner of the database, safe to run again and again:
--
--   psql -v ON_ERROR_STOP=1 -d DATABASE -f roles.sql     makes the roles
--   chatterboxd --migrate                                as chatterbox_migrate: makes the tables
--   psql -v ON_ERROR_STOP=1 -d DATABASE -f roles.sql     once more: gives the app role its tables
--
-- Variables: -v schema=NAME, where the tables are (public); -v owner=ROLE, who owns tables that were
-- there before chatterbox, so that missing columns can be added to them; -v instances=N, how many
-- instances of chatterboxd run at most (3).
-- Passwords are not in here: set them by \password chatterbox_app and \password chatterbox_migrate.

\if :{?schema}
\else
  \set schema public
\endif
\if :{?instances}
\else
  \set instances 3
\endif
\set ON_ERROR_STOP 1

begin;

select format('create role %I', name)
from unnest(array['chatterbox_app', 'chatterbox_migrate']) as name
where not exists (select 1 from pg_roles where rolname = name)
\gexec

-- an instance has five sessions; one more each for a restart that overlaps
select :instances * 5 + 5 as sessions \gset
alter role chatterbox_app login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
  connection limit :sessions;
alter role chatterbox_migrate login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
  connection limit 2;

-- What a name means is not for others to decide: pg_temp comes last. chatterboxd sets shorter times
-- for each transaction; these hold for whatever else should speak by these roles.
select format('alter role %I in database %I set search_path = %I, pg_temp', role,
  current_database(), :'schema')
from unnest(array['chatterbox_app', 'chatterbox_migrate']) as role
\gexec
alter role chatterbox_app set statement_timeout = '30s';
alter role chatterbox_app set lock_timeout = '5s';
alter role chatterbox_app set idle_in_transaction_session_timeout = '30s';
alter role chatterbox_migrate set statement_timeout = '10min';
alter role chatterbox_migrate set lock_timeout = '10s';
alter role chatterbox_migrate set idle_in_transaction_session_timeout = '1min';

select format('grant connect on database %I to chatterbox_app, chatterbox_migrate',
  current_database())
\gexec
grant usage on schema :"schema" to chatterbox_app;
revoke create on schema :"schema" from chatterbox_app;
grant usage, create on schema :"schema" to chatterbox_migrate;
\if :{?owner}
  grant :"owner" to chatterbox_migrate;
\endif

-- Nothing that an earlier version of this file may have given
select format('revoke all on %s from chatterbox_app', oid::regclass)
from pg_class
where relnamespace = quote_ident(:'schema')::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S')
  and has_any_column_privilege('chatterbox_app', oid, 'select, insert, update')
\gexec

-- Each table that is there, and what is done to its rows. OCD's own are only read.
select format('grant %s on %I.%I to chatterbox_app', what, :'schema', name)
from (values
  ('status_monitor', 'select, insert, update, delete'),
  ('completed_jobs', 'select, insert, update, delete'),
  ('errors', 'select, insert, update, delete'),
  ('outbox', 'select, insert, update, delete'),
  ('push_log', 'select, insert, delete'),
  ('outlook', 'select, insert, update, delete'),
  ('job_history', 'select, insert, delete'),
  ('orders', 'select, insert, update, delete'),
  ('incidents', 'select, insert, update, delete'),
  ('incident_members', 'select, insert, update, delete'),
  ('lease', 'select, insert, update'),
  ('server_conf', 'select, insert, update'),
  ('recently_checked', 'select, insert, update'),
  ('content_server_access', 'select, insert, update'),
  ('scheduled_jobs', 'select'),
  ('list_activation_schedule', 'select'),
  ('connections', 'select'),
  ('chatterbox_migrations', 'select')) as needed(name, what)
where to_regclass(format('%I.%I', :'schema', name)) is not null
\gexec

-- Numbers of new rows, in tables of OCD's, too
select format('grant usage on sequence %s to chatterbox_app', sequence)
from (values ('errors'), ('outbox'), ('status_monitor'), ('completed_jobs'), ('server_conf'),
  ('recently_checked'), ('content_server_access'), ('job_history'),
  ('orders'), ('incidents')) as needed(name)
join pg_attribute a on a.attrelid = to_regclass(format('%I.%I', :'schema', name))
  and a.attnum > 0 and not a.attisdropped,
  pg_get_serial_sequence(format('%I.%I', :'schema', name), a.attname) as sequence
where sequence is not null
\gexec

commit;

-- Databases that are older than PostgreSQL 15 let everybody create. That is not ours to change.
select has_schema_privilege('chatterbox_app', :'schema', 'create') as all_create \gset
\if :all_create
  \warn every role may create tables in schema :schema: consider revoke create on schema :schema from public
\endif
