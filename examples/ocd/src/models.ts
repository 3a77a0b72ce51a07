// SPDX-License-Identifier: MIT
// models.ts - the one of OCD's models through which it tells chatterbox of a job

import { DataTypes, Sequelize } from 'sequelize';
import type { ModelStatic, Model } from 'sequelize';

export interface SqlConfig {
	host: string;
	port: number;
	database: string;
	username: string;
	password: string;
}

export class OcdModels {
	#sequelize: Sequelize;
	readonly status_monitor: ModelStatic<Model>;

	constructor(config: SqlConfig) {
		this.#sequelize = new Sequelize(config.database, config.username, config.password,
			{ host: config.host, port: config.port, dialect: 'postgres', logging: false,
				define: { freezeTableName: true } });
		this.status_monitor = this.#sequelize.define('status_monitor', {
			system: { type: DataTypes.STRING, primaryKey: true },
			job_id: { type: DataTypes.INTEGER, primaryKey: true },
			job_type: DataTypes.STRING,
			status: DataTypes.STRING,
			origin: DataTypes.STRING,
		});
	}

	sync(): Promise<unknown> { return this.#sequelize.sync(); }

	close(): Promise<void> { return this.#sequelize.close(); }
}
