# shellcheck shell=bash
# Set-up of Python with JupyterLab, of the Go tools that the kernel starts, of Jupyter's files, and of a warm build cache. Sourced, never run.

# Its Python has the pip of its own version, not so where the system's Python is another now; and it was not killed when half made,
# as the stamps come after pip.
has_pip() { [ -d "$STAMPS" ] && "$PYTHON" -c 'import pip' 2>/dev/null; }

# An environment is there and whole. Where the checkout has been moved it serves as it is: what is called in it is called by `python -m`.
venv_there() { has_pip && [ -d "$LOGS" ]; }

make_venv() {
  has_pip || { need_python && "$BASE_PYTHON" -m venv --clear "$VENV"; }
  mkdir -p "$LOGS" "$STAMPS"
}

python_stamp() { requirements_stamp "$ROOT/scripts/requirements.txt"; }
python_there() { unchanged python "$(python_stamp)" && python_versions >/dev/null; }

# python_versions [PACKAGE…]: their versions; of all that this project calls, without one.
python_versions() {
  [ $# -gt 0 ] || set -- "${PACKAGES[@]}"
  "$PYTHON" -c 'import importlib.metadata, sys; [print(importlib.metadata.version(name)) for name in sys.argv[1:]]' "$@"
}
PACKAGES=(jupyterlab nbclient nbconvert latex2mathml psutil)

install_python() {
  pip_install python "$ROOT/scripts/requirements.txt"
  done_for python "$(python_stamp)"
  say "JupyterLab $("$PYTHON" -m jupyterlab --version)"
}

# GoNB 0.11.4 waits 12 s before it first talks to gopls, and as long between two looks whether it does, and gives up an answer after 8 s, where
# gopls may take longer to load the module: JupyterLab would show nothing for the first Tabs. It is compiled with a fifth of a second, and 30 s.
# Superfluous once GoNB connects as soon as gopls answers, and waits as long as JupyterLab does.
QUICK_TABS='s|time.After(ConnectTimeout)|time.After(ConnectTimeout / 60)|; s|CommunicationTimeout = 8000 |CommunicationTimeout = 30000 |'

# At a Tab or Shift+Tab in a cell that cannot be parsed yet, such as one that ends in "run.", GoNB shows gopls that cell without the imports of the cells
# before it: gopls does not know the type of run. The cell is given them in its first line, so that no other line moves. Superfluous once GoNB does so.
WITH_IMPORTS='s|err = s.createAlternativeFileFromDecls(s.Definitions)|s.importMemorized(); &|'
# shellcheck disable=SC2016 # it is Go
IMPORT_MEMORIZED='
// importMemorized gives main.go, whose cell cannot be parsed, the imports of the cells before it.
func (s *State) importMemorized() {
	text, err := os.ReadFile(s.CodePath())
	if err != nil {
		return
	}
	head := "package main"
	for _, i := range s.Definitions.Imports {
		head += "; import " + i.Alias + ` "` + i.Path + `"`
	}
	_ = os.WriteFile(s.CodePath(), []byte(head+strings.TrimPrefix(string(text), "package main")), 0o600)
}'

# GoNB dies of a line on stderr that has a place in main.go behind two colons, as log.Println writes with log.Lshortfile: it takes what is
# between them for a column. Superfluous once it does not.
ANY_COLUMN='s|strings.Repeat(" ", col-1)|strings.Repeat(" ", max(col-1, 0))|'

tools_stamp() {
  {
    cd "$ROOT" && go env GOVERSION
    grep -E '(janpfeifer/gonb|golang.org/x/tools) v' go.mod
    cat scripts/gopls/go.mod
    say "$QUICK_TABS$WITH_IMPORTS$IMPORT_MEMORIZED$ANY_COLUMN"
  } | stamp_of -
}

tools_there() { unchanged tools "$(tools_stamp)" && [ -x "$VENV/bin/gonb" ] && [ -x "$VENV/bin/goimports" ] && [ -x "$VENV/bin/gopls" ]; }

install_tools() {
  cd "$ROOT" || return
  install_gonb
  go_install golang.org/x/tools/cmd/goimports
  cd scripts/gopls || return
  go_install golang.org/x/tools/gopls
  done_for tools "$(tools_stamp)"
  say "gonb, goimports, gopls"
}

install_gonb() {
  scratch
  go mod download github.com/janpfeifer/gonb
  cp -r "$(go list -m -f '{{.Dir}}' github.com/janpfeifer/gonb)" "$SCRATCH/gonb"
  chmod -R u+w "$SCRATCH/gonb"
  sed -i.old "$QUICK_TABS" "$SCRATCH"/gonb/internal/goexec/goplsclient/{exec,conn}.go
  [ "$(cat "$SCRATCH"/gonb/internal/goexec/goplsclient/{exec,conn}.go | grep -cE "ConnectTimeout / 60|= 30000 ")" = 3 ] ||
    fail "GoNB waits for gopls in other places than GoNB 0.11.4: see QUICK_TABS in scripts/setup/tools.sh"
  sed -i.old "$WITH_IMPORTS" "$SCRATCH/gonb/internal/goexec/inspect.go"
  [ "$(grep -c "s.importMemorized(); err" "$SCRATCH/gonb/internal/goexec/inspect.go")" = 2 ] ||
    fail "GoNB completes in other places than GoNB 0.11.4: see WITH_IMPORTS in scripts/setup/tools.sh"
  say "$IMPORT_MEMORIZED" >>"$SCRATCH/gonb/internal/goexec/inspect.go"
  sed -i.old "$ANY_COLUMN" "$SCRATCH/gonb/internal/goexec/gonberror.go"
  grep -q "max(col-1, 0)" "$SCRATCH/gonb/internal/goexec/gonberror.go" ||
    fail "GoNB shows mistakes in other places than GoNB 0.11.4: see ANY_COLUMN in scripts/setup/tools.sh"
  cp go.mod go.sum "$SCRATCH"
  go mod edit -replace "github.com/janpfeifer/gonb=$SCRATCH/gonb" "$SCRATCH/go.mod"
  go_install -modfile="$SCRATCH/go.mod" github.com/janpfeifer/gonb
}

# What Jupyter is given: the kernel, and how long JupyterLab waits for completions. It drops them after a second, where gopls takes several to
# load the module: nothing would show for the first Tab. Who has set another time keeps it.
jupyter_files() { printf '%s\n' "kernel.json kernels/gonb/kernel.json" "lab.json lab/settings/overrides.json"; }

jupyter_files_there() {
  local ours theirs
  while read -r ours theirs; do
    cmp -s "$ROOT/scripts/$ours" "$VENV/share/jupyter/$theirs" || return 1
  done < <(jupyter_files)
}

install_jupyter_files() {
  local ours theirs
  while read -r ours theirs; do
    mkdir -p "$(dirname "$VENV/share/jupyter/$theirs")"
    cp "$ROOT/scripts/$ours" "$VENV/share/jupyter/$theirs"
  done < <(jupyter_files)
}

# Compiles what the cells of the notebooks import into the user's build cache, so that the first cell doesn't have to. A mistake in the checkout's own
# code is not set-up's business: whoever uses that code reports it.
compile_packages() {
  cd "$ROOT" || return
  if ! GOGC=$COMPILING go build ./... github.com/janpfeifer/gonb/gonbui gonum.org/v1/plot/...; then
    say "not everything compiles: see $LOGS/packages.log"
    return
  fi
  say "what the notebooks import is compiled"
}
