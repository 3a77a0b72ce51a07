# SPDX-License-Identifier: MIT
"""daemon.py - a fleet and a chatterboxd for a benchmark, ended with it"""
import json
import os
import signal
import subprocess
import sys
import tempfile

import round as rounds


class Daemon:
    """with Daemon(build, systems, settings, fleet options) as box: box.pid, box.port, box.app"""

    def __init__(self, build, systems, settings=None, fleet=("--step=0.1",)):
        self.build, self.systems, self.fleet_options = build, systems, list(fleet)
        self.port = 20000 + os.getpid() % 9000
        self.settings = dict(rounds.configuration(self.port), **(settings or {}))
        self.app = self.settings["chatterbox"]["app_name"]
        self.processes = []

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self):
        fleet = subprocess.Popen(
            [self.build + "/examples/hdms-sim/hdms-sim", "--port=" + os.environ["CBX_TEST_RMQ_PORT"], "--jobs=4",
             "--systems=%d" % self.systems, "--quiet", "--duration=3000"] + self.fleet_options, stdout=subprocess.PIPE)
        self.processes.append(fleet)
        fleet.stdout.readline()
        rounds.fill_connections(self.systems)
        self.file = tempfile.NamedTemporaryFile("w", suffix=".json")
        json.dump(self.settings, self.file)
        self.file.flush()
        box = subprocess.Popen([self.build + "/chatterboxd/chatterboxd", "--config=" + self.file.name],
                               stdout=subprocess.DEVNULL)
        self.processes.append(box)
        self.pid = box.pid
        if not rounds.rounds(self.port, self.systems * 0.99, 1, 240):
            sys.exit("no discovery of %d systems in time" % self.systems)

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            process.wait(60)
        self.file.close()


def keep(name, figures):
    """Into the file that OUT names, if it does"""
    if "OUT" in os.environ:
        with open(os.environ["OUT"], "w") as file:
            json.dump({name: figures}, file, indent=1)
