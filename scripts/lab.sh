#!/usr/bin/env bash
# Open JupyterLab on the notebooks, for this machine only and with its token.
#
#   scripts/lab.sh                 set up what is missing, then start JupyterLab; end it with Ctrl-C
#   scripts/lab.sh OPTION…         the same, with options for JupyterLab, such as --no-browser or --port=9000
#   scripts/lab.sh --help          this text
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"

case ${1:-} in
--help | -h) usage && exit ;;
esac

whole "$ROOT/scripts/setup.sh"
cd "$ROOT/notebooks" # what JupyterLab shows, unless an option says otherwise
exec "$PYTHON" -m jupyterlab "$@"
