#!/bin/sh
# Checks what a command of the server needs in a container, makes what it can, and becomes the command.
# It ends with 2 where whoever runs the container must change something, and with 3 where the machine fails.
set -eu
umask 077

PYTHON=${PYTHON:-python3}
DATA_DIR=${DATA_DIR:-/data}
export DATA_DIR

refuse() {
    status=$1
    shift
    printf 'vaultsecure: %s\n' "$*" >&2
    exit "$status"
}

command=${1:-serve}
[ $# -eq 0 ] || shift

# Asked every few seconds: nothing is checked before it that it does not check itself.
if [ "$command" = health ]; then
    exec "$PYTHON" -m local_server health "$@"
fi

if [ "$(id -u)" -eq 0 ] && [ -z "${ALLOW_ROOT:-}" ]; then
    refuse 2 'this must not run as root. Leave out "user: root", or set another user.'
fi

# The folder of catalogue, cache, keys and logs.
if [ ! -d "$DATA_DIR" ]; then
    mkdir -p "$DATA_DIR" 2>/dev/null || refuse 2 "$DATA_DIR is missing and can't be made. Mount a volume there."
fi
probe=$DATA_DIR/.entry-$$
if ! (: >"$probe") 2>/dev/null; then
    refuse 2 "user $(id -u) can't write into $DATA_DIR. Give the volume to that user: chown $(id -u) it."
fi
rm -f "$probe"

# Decoders write their scratch files there, and the root is read-only.
scratch=${TMPDIR:-/tmp}
if ! (: >"$scratch/.entry-$$") 2>/dev/null; then
    refuse 2 "$scratch can't be written. Mount a tmpfs there."
fi
rm -f "$scratch/.entry-$$"

# A secret that was named and not mounted would be a riddle further in. Their values are not looked at.
for name in DATABASE_URL_FILE REDIS_URL_FILE REDIS_PASSWORD_FILE MINIO_SECRET_KEY_FILE \
    OIDC_CLIENT_SECRET_FILE METRICS_TOKEN_FILE MASTER_KEY_FILE; do
    eval "file=\${$name:-}"
    # shellcheck disable=SC2154  # eval has set it
    [ -n "$file" ] || continue
    [ -f "$file" ] || refuse 2 "$name names $file, which is not there. Mount the secret."
    [ -r "$file" ] || refuse 2 "$name names $file, which user $(id -u) can't read. Change its owner or mode."
    [ -s "$file" ] || refuse 2 "$name names $file, which is empty. Write the secret into it."
done

"$PYTHON" -c 'import local_server' 2>/dev/null || refuse 3 "$PYTHON can't load the program. Build the image again."

exec "$PYTHON" -m local_server "$command" "$@"
