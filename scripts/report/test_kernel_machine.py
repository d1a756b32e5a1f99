"""What people's machines do: settings of the user's own, odd folders, a read-only checkout, a parent that is killed."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

import psutil

from fixture import FolderCase, heed_signals
from notebooks import ROOT

VENV = ROOT / ".venv"
PATIENCE_SECONDS = 60
# A child that starts a kernel for a notebook and one for an export, and waits.
PARENT = """
import json, os, time
from jupyter_client.manager import start_new_kernel
started = []
for export in ("", "1"):
    manager, client = start_new_kernel(kernel_name="gonb", env=os.environ | {"HW1_EXPORT": export})
    client.execute("%%\\ntime.Sleep(time.Hour)")
    started.append(manager.provisioner.process.pid)
print(json.dumps(started), flush=True)
time.sleep(3600)
"""


def shell(command: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
    """Runs a line of bash in the checkout's folder."""
    return subprocess.run(
        ["bash", "-c", command, "bash", *map(str, arguments)],
        check=False, cwd=ROOT, env=os.environ | variables, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600,
    )  # fmt: skip


def in_namespace(mounts: str, command: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
    """The same, where folders are mounted in another way; skips the test where the system does not allow that."""
    for unshare in ("unshare --mount", "unshare --map-root-user --mount"):
        if shell(f"{unshare} mount -t tmpfs none /mnt").returncode == 0:
            return shell(f"{unshare} bash -c '{mounts} && {command}' bash \"$@\"", *arguments, **variables)
    raise unittest.SkipTest("no mounts of one's own on this system")


class Settings(FolderCase):
    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path.parent

    def hostile(self) -> dict[str, str]:
        """Settings each of which has broken set-up, the kernel or a page before."""
        go = "GOFLAGS=-mod=vendor\nGOWORK=off\nGO111MODULE=off\nCGO_ENABLED=0\n"
        foreign = json.dumps({"argv": ["false"], "display_name": "foreign", "language": "go"})
        self.write("go.work", "go 1.26\nuse ./nowhere\n")
        tmp = self.write("tmp/none", "")
        return {
            "GOENV": str(self.write("goenv", go) / "goenv"), "GOFLAGS": "-mod=mod", "GOWORK": str(self.folder / "go.work"),
            "GOOS": "plan9", "GOROOT": "/nowhere", "TMPDIR": str(tmp), "HOME": str(self.folder / "home"),
            "PYTHONPATH": str(self.write("python/jupyter_client.py", "raise SystemExit('foreign')")), "PYTHONHOME": "/nowhere",
            "PYTHONSAFEPATH": "1", "PIP_USER": "1", "PIP_TARGET": "/nowhere", "CDPATH": ".:..", "LC_ALL": "C",
            "BASH_ENV": str(self.write("bashenv", "echo foreign; GREP_OPTIONS=-v") / "bashenv"), "GIT_DIR": "/nowhere",
            "JUPYTER_PATH": str(self.write("jupyter/kernels/gonb/kernel.json", foreign).parents[1]),
            "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9",
        }  # fmt: skip

    def caches(self) -> dict[str, str]:
        return json.loads(subprocess.check_output(["go", "env", "-json", "GOCACHE", "GOMODCACHE"], text=True))

    def test_a_cell_trains_in_a_read_only_checkout_whatever_is_set(self):
        """`scripts/setup.sh --check` through the kernel; its log goes to the user's own folder."""
        caches = self.caches()
        mounts = f'mount --bind "{ROOT}" "{ROOT}" && mount -o remount,ro,bind "{ROOT}" && umask 077 && cd "{ROOT}"'
        check = "scripts/setup.sh --check && source scripts/environment.sh && go list ./pkg/hw1"
        done = in_namespace(mounts, check, **caches, **self.hostile())
        self.assertRegex(done.stdout, r"(?m)^  one cell +trained on (xla:cpu|xla:cuda|go)$")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertTrue((self.folder / "home/.local/state/hw1/gonb.log").exists())

    def test_what_is_the_users_stays(self):
        kept = {"GOPROXY": "https://a.b", "PIP_INDEX_URL": "https://c.d", "SSL_CERT_FILE": "/e", "NO_PROXY": "f.g"}
        said = shell("source scripts/environment.sh; env", **kept, no_proxy="").stdout
        for line in ("GOPROXY=https://a.b", "PIP_INDEX_URL=https://c.d", "SSL_CERT_FILE=/e"):
            self.assertIn(line + "\n", said)
        self.assertRegex(said, r"(?m)^no_proxy=localhost,127.0.0.1,::1(,.*)?,f\.g$")

    def test_options_of_the_user_win(self):
        for options, want in (("", ""), ("--ip=0.0.0.0 --port=9000", "  .ip = '0.0.0.0'")):
            done = shell(f"scripts/lab.sh {options} --show-config")
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn(want, done.stdout)

    def test_missing_in_a_checkout_of_somebody_else(self):
        mounts = f'mount --bind "{ROOT}" "{ROOT}" && mount -o remount,ro,bind "{ROOT}"'
        done = in_namespace(mounts, "scripts/setup.sh", HW1_DATA="/proc/nowhere")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(
            done.stdout, r"^\S+ cannot be written by you, and misses: mnist, .*has to run scripts/setup.sh.\n$"
        )

    def programs(self, **bodies: str) -> dict[str, str]:
        """Programs of these names that go first, with an underscore for a dot."""
        for name, body in bodies.items():
            self.write(f"bin/{name.replace('_', '.')}", f"#!/bin/sh\n{body}\n")
        shell(f"chmod +x {self.folder}/bin/*")
        return {"PATH": f"{self.folder}/bin:{os.environ['PATH']}"}

    def test_data_of_somebody_else_and_a_file_system_without_locks(self):
        data = os.environ.get("HW1_DATA", ROOT / "data")
        mounts = f'mount -t tmpfs none "{VENV}/share/jupyter" && mount --bind "{data}" "{data}" && mount -o remount,ro,bind "{data}"'
        done = in_namespace(mounts, "scripts/setup.sh", **self.programs(flock="exit 71"))
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        done = shell("scripts/setup.sh", HW1_DATA="/proc/nowhere")
        self.assertIn("/proc/nowhere cannot be written: let HW1_DATA name another folder.\n", done.stdout)

    def test_python3_is_an_old_one(self):
        old, new = "exit 1", "[ $1 != -m ] || { echo $*; exit 3; }"
        no_lock = "exit 0"  # for which it might wait, as other checks set up, too
        programs = self.programs(python3=old, python3_14=old, python3_13=new, flock=no_lock)
        done = in_namespace(f'mount -t tmpfs none "{VENV}"', "scripts/setup.sh", **programs)
        self.assertEqual((done.returncode, done.stdout), (3, f"-m venv --clear {VENV}\n"))

    def interrupted(self, number: signal.Signals, **options) -> list[psutil.Process]:
        """Sends a signal to a set-up whose downloads have begun; returns what was running below it."""
        began = [self.folder / f"bin/{name}.began" for name in ("npm", "curl")]
        for file in began:
            file.unlink(missing_ok=True)
        setup = subprocess.Popen([ROOT / "scripts/setup.sh"], **options)
        self.addCleanup(setup.stdout.close)
        end = time.monotonic() + PATIENCE_SECONDS
        while not all(file.exists() for file in began):
            self.assertLess(time.monotonic(), end, "no download begins")
            time.sleep(0.1)
        below = psutil.Process(setup.pid).children(recursive=True)
        setup.send_signal(number)
        self.assertEqual(setup.wait(PATIENCE_SECONDS), -number if number == signal.SIGKILL else 130)
        return below

    def test_what_a_set_up_does_ends_with_it(self):
        wait = 'touch "$0.began"; exec sleep 600'
        environment = os.environ | self.programs(npm=wait, curl=wait) | {"HW1_DATA": str(self.folder / "data")}
        options = {"env": environment, "stdout": subprocess.PIPE, "text": True, "start_new_session": True}
        options["preexec_fn"] = heed_signals
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            below = self.interrupted(number, **options)
            self.assertEqual(psutil.wait_procs(below, timeout=PATIENCE_SECONDS)[1], [])
        # What is left of one that is killed outright is not disturbed.
        below = self.interrupted(signal.SIGKILL, **options)
        waiting = subprocess.Popen([ROOT / "scripts/setup.sh"], **options)
        self.addCleanup(waiting.stdout.close)
        self.assertEqual(waiting.stdout.readline(), "Another set-up is at work; waiting for it.\n")
        for process in [waiting, *below]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


class Folders(FolderCase):
    """One line says which folder is wrong, in set-up and in the kernel."""

    def said(self, mounts: str, **variables: str) -> None:
        for command in ("scripts/setup.sh", "scripts/kernel.sh --kernel none"):
            done = in_namespace(mounts, command, **variables)
            self.assertEqual(done.returncode, 1, done.stdout)
            yield done.stdout

    def test_temporary_folder(self):
        here = str(self.folder)
        for mounts, folder, what in (
            ("true", "/nowhere", "cannot be written"),
            (f"mount -t tmpfs -o noexec none {here}", here, "does not let a program be started (mounted noexec?)"),
            (f"mount -t tmpfs -o size=5m none {here}", here, "has less than 300 MB free"),
        ):
            want = f"TMPDIR, {folder}, {what}; cells are compiled and started there: set TMPDIR to another folder.\n"
            with self.subTest(what):
                self.assertEqual(list(self.said(mounts, TMPDIR=folder)), [want] * 2)

    def test_cache_of_go(self):
        want = "Go cannot write its build cache, /proc/nowhere: set GOCACHE to a folder of your own.\n"
        self.assertEqual(list(self.said("true", GOCACHE="/proc/nowhere")), [want] * 2)

    def test_empty_cache_of_go(self):
        said = shell("scripts/kernel.sh --kernel none 2>&1", GOCACHE=str(self.folder / "empty")).stdout
        self.assertIn("Go's build cache is empty: the first cell takes a minute or two.", said)
        self.assertNotIn("is empty", shell("scripts/kernel.sh --kernel none 2>&1").stdout)


class GoCommand(FolderCase):
    """scripts/kernel/go around another go, which says what it is called with."""

    def run_go(self, script: str, *arguments: str, **variables: str) -> list[str]:
        fake = self.folder / "go"
        fake.write_text(f'#!/bin/sh\necho "$GOWORK $*" >>{self.folder}/calls\n{script}\n')
        fake.chmod(0o755)
        done = shell('scripts/kernel/go "$@"', *arguments, PATH=f"{self.folder}:{os.environ['PATH']}", **variables)
        self.status, self.text = done.returncode, done.stdout
        return (self.folder / "calls").read_text().splitlines()

    def test_where_go_can_not_link_the_c_compiler_does(self):
        calls = self.run_go('case $* in *internal*) echo "/go/tool/link: bad"; exit 1 ;; esac', "build", "-o", "x")
        self.assertEqual((self.status, self.text), (0, ""))
        self.assertEqual(calls, ["off build -ldflags=-w -s -linkmode=internal -o x", "off build -ldflags=-w -o x"])

    def test_what_does_not_compile_is_compiled_once(self):
        calls = self.run_go("echo './main.go:1: no'; exit 1", "build", "-o", "x")
        self.assertEqual((self.status, self.text, len(calls)), (1, "./main.go:1: no\n", 1))

    def test_workspace_of_the_kernel(self):
        here = str(self.folder)
        self.assertEqual(self.run_go("", "mod", "init", GONB_TMP_DIR=here)[-1], "off mod init")
        self.assertEqual(self.run_go("", "work", "init", GONB_TMP_DIR=here)[-1], f"{here}/go.work work init")
        (self.folder / "go.work").touch()
        self.assertEqual(self.run_go("", "list", GONB_TMP_DIR=here, GOWORK="off")[-1], f"{here}/go.work list")


def names(process: psutil.Process) -> list[str]:
    """The names of its children, but for those that end meanwhile."""
    found = []
    for child in process.children():
        with contextlib.suppress(psutil.NoSuchProcess):
            found.append(child.name())
    return found


class Parent(unittest.TestCase):
    def test_all_end_with_a_parent_that_is_killed(self):
        """A kernel, what it runs, and gopls, which an export's kernel does not start. The other kernel is killed itself."""
        parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
        self.addCleanup(parent.stdout.close)
        self.addCleanup(parent.kill)
        kernels = [psutil.Process(pid) for pid in json.loads(parent.stdout.readline())]
        end = time.monotonic() + PATIENCE_SECONDS
        while not all(any(name.startswith("gonb_") for name in names(kernel)) for kernel in kernels):
            self.assertLess(time.monotonic(), end, "the cells do not start")
            time.sleep(0.1)
        helped = ["gopls" in names(kernel) for kernel in kernels]
        self.assertEqual(helped, [True, False])
        all_of_them = [*kernels, *(child for kernel in kernels for child in kernel.children(recursive=True))]
        kernels[0].kill()
        parent.kill()
        parent.wait()
        self.assertEqual(psutil.wait_procs(all_of_them, timeout=PATIENCE_SECONDS)[1], [])


if __name__ == "__main__":
    unittest.main()
