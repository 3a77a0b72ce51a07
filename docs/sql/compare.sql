-- SPDX-License-Identifier: MIT
--
-- compare.sql - what a shadow run of chatterbox saw otherwise than OCD (docs/ocd.md)
--
--   psql -X -v ON_ERROR_STOP=1 -v shadow=chatterbox_shadow -f compare.sql
--
-- Lists each job whose status differs or that only one side monitors, and ends with 3 when there is
-- one that has stood for longer than a minute: both ask in turn, so a younger one is no difference yet.
-- Variables: shadow, the schema of the shadow run; -v ocd=NAME, the schema of OCD's tables (public);
-- -v seconds=N instead of the minute.

\if :{?ocd}
\else
  \set ocd public
\endif
\if :{?seconds}
\else
  \set seconds 60
\endif
\set ON_ERROR_STOP 1

create temporary view differences as
select coalesce(o.system, s.system) as system, coalesce(o.job_id, s.job_id) as job_id,
  o.status as ocd, s.status as chatterbox, s.updated_at
from (select btrim(system::text) as system, job_id::bigint, status::text from :"ocd".status_monitor) o
full join (select * from :"shadow".status_monitor where revision > 0) s using (system, job_id)
where o.status is distinct from s.status
  and coalesce(s.updated_at, '-infinity') < now() - :'seconds'::integer * interval '1 second';

select * from differences order by system, job_id;
select count(*) > 0 as any from differences \gset
\if :any
  do $$ begin raise exception 'OCD and chatterbox differ'; end $$;
\endif
