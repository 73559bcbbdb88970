#!/bin/sh
# build.sh [DIRECTORY]: compiles the module into DIRECTORY, or dist. Needs clang and lld with the target wasm32, as Debian packages them.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/dist}
mkdir -p "$out"
${CC:-clang} --target=wasm32 -O2 -Wall -Wextra -Werror -nostdlib -ffreestanding -Wl,--no-entry -o "$out/main.wasm" "$here/main.c"
cp "$here/module.json" "$out/"
