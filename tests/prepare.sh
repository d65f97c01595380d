#!/bin/sh
# What the tests need beyond Python, taken where it is, else installed where that is allowed, else said in one line.
missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
fc-list 2>/dev/null | grep -qi nanum || missing="$missing fonts-nanum"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing for the tests:$missing"
    # PostgreSQL comes without Debian's usual cluster and service: the tests make a throw-away one.
    rules=/etc/postgresql-common/createcluster.d
    mkdir -p $rules && echo "create_main_cluster = false" >$rules/emoseum-tests.conf
    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing) >/dev/null 2>&1
    done=$?
    rm -f $rules/emoseum-tests.conf
    [ $done = 0 ] && exit 0
fi
echo "Without$missing the tests that need it (in a browser, on PostgreSQL) are skipped; install it with your package manager."
if [ -n "$EMOSEUM_TEST_STRICT" ]; then exit 1; fi
exit 0
