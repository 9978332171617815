# Paths, names and small helpers of the developer environment. Sourced, not run.
# shellcheck shell=bash disable=SC2034  # the variables are for the scripts that source this

dev_dir=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
repo=$(dirname "$dev_dir")

say() { printf '%s\n' "-- $*" >&2; }
die() { printf '%s\n' "error: $*" >&2; exit 1; }

# The first 12 characters of the SHA-256 of standard input.
short_hash() { sha256sum | cut -c1-12; }

# Runs a command under an exclusive lock; descriptor 9 is closed for the command, or a daemon would keep the lock.
locked() {
    local name=$1; shift
    mkdir -p "$cache/locks"
    ( flock 9; "$@" 9>&- ) 9>"$cache/locks/$name"
}

cache=${CRM_MIGRATION_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/crm_migration}
mkdir -p "$cache"
cache=$(cd -P "$cache" && pwd)

python_key=$(cat "$repo"/requirements/{odoo,addon,dev}.txt | short_hash)
# The venv is for one source of Odoo: its root is a .pth file in there.
venv=$cache/venv/$python_key-$(printf '%s' "${ODOO_SOURCE:-debian}" | short_hash)
python=$venv/bin/python

# The unpacked Odoo. dev/lib/odoo downloads one only where there is none.
odoo_prefix=$cache/odoo/current

# PostgreSQL: the user's server when PGHOST says so, else a private cluster. Its server refuses to run as root, and the
# postgres user cannot look into root's home, so root's cluster lives beside the ones of Debian.
# (CRM_MIGRATION_PG tells a script called by another that PGHOST is the private cluster, and not the user's word.)
if [[ -n ${PGHOST:-} && ${PGHOST} != "${CRM_MIGRATION_PG:-}" ]]; then
    pg_private=
    CRM_MIGRATION_PG=
    PGPORT=${PGPORT:-5432}
    PGUSER=${PGUSER:-$(id -un)}
else
    pg_private=1
    if [[ $(id -u) == 0 ]]; then
        pg_dir=/var/lib/crm_migration/$(printf '%s' "$cache" | short_hash)
    else
        pg_dir=$cache/postgresql
    fi
    # A socket's path may have 107 characters at most.
    pg_socket=$pg_dir/socket
    if (( ${#pg_socket} > 85 )); then
        pg_socket=/tmp/crm_migration-$(id -u)-$(printf '%s' "$cache" | short_hash)
    fi
    PGHOST=$pg_socket
    CRM_MIGRATION_PG=$PGHOST
    PGPORT=5419
    PGUSER=crm_migration
    unset PGPASSWORD PGDATABASE PGSERVICE
fi
export PGHOST PGPORT PGUSER CRM_MIGRATION_PG

# Everything that depends on this checkout or on the user's choices is kept apart: two checkouts, or one with and one
# without ODOO_SOURCE, must not fight over a configuration file.
state=$cache/state/$(printf '%s\n' "$repo" "${ODOO_SOURCE:-}" "$PGHOST" "$PGPORT" "$PGUSER" | short_hash)
addons=$state/addons
conf=$state/odoo.conf
data_dir=$cache/data

pg_bin() {
    local folders
    # Debian keeps server programs out of PATH; the newest version wins.
    folders=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -t/ -k5 -n -r || true)
    local folder
    for folder in $folders; do
        [[ -x $folder/${1:-postgres} ]] && { printf '%s\n' "$folder"; return; }
    done
    folder=$(dirname "$(command -v "${1:-postgres}" || true)")
    [[ $folder != . ]] && printf '%s\n' "$folder"
}

# Runs a client program of PostgreSQL (psql, createdb …) that matches the server.
pg_client() {
    local program=$1; shift
    local bin
    bin=$(pg_bin "$program") || die "no $program found; install the Debian package postgresql-client"
    PGDATABASE=${PGDATABASE:-postgres} PGCONNECT_TIMEOUT=10 "$bin/$program" "$@"
}

# dropdb --if-exists --force of one database. It refuses while an autovacuum is at work there, which a drop without force ends.
drop_db() { pg_client dropdb --if-exists --force "$1" 2>/dev/null || pg_client dropdb --if-exists "$1"; }

db_exists() { [[ $(pg_client psql -qAtXc "SELECT 1 FROM pg_database WHERE datname = '$1'") == 1 ]]; }

odoo_version() { "$python" -c 'from odoo import release; print(release.version)' 2>/dev/null; }

free_port() {
    "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
