{
  # For npm users: node-gyp, with libchatterbox from pkg-config and the headers of Node-API from this
  # machine or from node-api-headers. Nothing is fetched.
  "targets": [
    {
      "target_name": "chatterbox",
      "sources": [
        "src/calls.c",
        "src/engine.c",
        "src/methods.c",
        "src/module.c",
        "src/open.c",
        "src/peer.c",
        "src/task.c",
        "src/value.c",
        "src/watch.c"
      ],
      "include_dirs": ["<!(node scripts/headers.cjs)"],
      "cflags": ["<!@(pkg-config --cflags chatterbox)", "-std=gnu11", "-fvisibility=hidden"],
      "libraries": ["<!@(pkg-config --libs chatterbox)", "-Wl,-z,nodelete"]
    }
  ]
}
