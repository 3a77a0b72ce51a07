// SPDX-License-Identifier: MIT
// models.mjs - OCD's eight tables as Sequelize makes them by its defaults
//
// Its defaults are what chatterbox has to live with: a row number for a key where no other is named,
// INTEGER of 32 bits, VARCHAR(255), and createdAt and updatedAt that have no default in the table.

import { DataTypes, Sequelize } from 'sequelize';

const { DATE, INTEGER, JSON: JSON_TYPE, STRING, TEXT } = DataTypes;

/** A time without a zone: no type of Sequelize's, but of tables that are older than OCD's models */
const PLAIN = 'TIMESTAMP';

const MODELS = {
	status_monitor: { system: STRING, job_id: INTEGER, job_type: STRING, status: STRING,
		percent_completed: STRING, downloaded: INTEGER, total_files: INTEGER, download_speed: STRING },
	completed_jobs: { system: { type: STRING, primaryKey: true }, job_id: { type: INTEGER, primaryKey: true },
		job_type: STRING, status: STRING, downloaded: INTEGER, total_files: INTEGER,
		started_at: DATE, completed_at: PLAIN },
	scheduled_jobs: { system: STRING, job_id: INTEGER, job_type: STRING, scheduled_for: DATE, info: JSON_TYPE },
	server_conf: { name: STRING, info: TEXT },
	errors: { system: STRING, job_id: INTEGER, job_type: STRING, code: STRING, message: STRING,
		first_seen: DATE, last_seen: PLAIN },
	recently_checked: { system: STRING, checked_at: DATE },
	list_activation_schedule: { system: STRING, list_id: STRING, activate_at: PLAIN },
	content_server_access: { system: STRING, access: STRING, checked_at: DATE, error: STRING },
};

/** OCD's half of a database: its models by their names, made by Sequelize itself */
export async function openModels(place, options = {}) {
	const sequelize = new Sequelize(place.database, place.pgUser, '', { host: '127.0.0.1',
		port: place.pgPort, dialect: 'postgres', logging: false, define: { freezeTableName: true },
		...options });
	for (const [name, attributes] of Object.entries(MODELS))
		sequelize.define(name, attributes);
	await sequelize.sync();
	return sequelize;
}
