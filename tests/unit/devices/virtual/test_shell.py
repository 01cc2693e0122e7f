"""The phone's shell against the shell of this computer, and what only a phone does."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.helpers.adb_host import AdbHost
from workbench.services.virtual_phone import VirtualPhone, VirtualPhoneOptions

SCRIPTS = [
    "echo a b   c",
    "echo 'a  b' \"c  $HOME_NOT_SET d\"",
    "x=5; echo $x ${x}y ${#x} ${z:-none} ${x:+set}",
    'x="a b"; for i in $x; do echo "[$i]"; done; for i in "$x"; do echo "[$i]"; done',
    "f=/a/b/c.tar.gz; echo ${f##*/} ${f%/*} ${f%.*} ${f%%.*} ${f#/}",
    "echo $((1 + 2 * 3)) $((7 / 2)) $((-7 / 2)) $((7 % 3)) $((1 << 4)) $((3 > 2)) $((!4))",
    "i=0; while [ $i -lt 3 ]; do echo $i; i=$((i + 1)); done",
    "i=0; until [ $i -ge 2 ]; do i=$((i+1)); echo $i; done",
    "if true; then echo yes; else echo no; fi; if false; then :; elif true; then echo elif; fi",
    "case abc in a*) echo star;; *) echo other;; esac; case x in a|x) echo or;; esac",
    "true && echo and; false || echo or; false && echo never; echo $?",
    "! true; echo $?; ! false; echo $?",
    "(exit 3); echo $?; { echo group; }; echo $(echo nested $(echo deeper))",
    "echo `echo back`; echo \"`echo q`\"",
    "f() { echo \"f $1 $#\"; return 4; }; f x y; echo $?",
    "set -- a b c; echo $# $2 \"$@\"; shift; echo $1 $#",
    "for i in a b c d; do [ $i = b ] && continue; [ $i = d ] && break; echo $i; done",
    "echo one | cat | tr a-z A-Z",
    "printf '%s-%d-%05.2f-%x\\n' a 7 3.14159 255; printf '%s\\n' x y z",
    "cat <<EOF\nline $((1+1))\n$(echo sub)\nEOF\ncat <<'EOF'\n$raw\nEOF",
    "echo out; echo err >&2",
    "{ echo a; echo b >&2; } 2>&1 | sort",
    "exit 300",
    "false; exit",
    "set -e; false; echo never",
    "set -e; if false; then :; fi; false || true; echo still",
    "echo a > t1; echo b >> t1; cat < t1; wc -l < t1; rm t1; ls",
    "mkdir -p d/e; echo x > d/e/f; cat d/*/f; echo d/e/*; echo nomatch*; rm -r d; ls",
    "x=$(printf 'a\\n\\n'); echo \"[$x]\"",
    "echo 'a\nb\nc' | while read line; do echo \"<$line>\"; done",
    "echo 'k v w' | { read a b; echo \"$b/$a\"; }",
    "sh -c 'echo $0 $1' name arg; sh -c 'exit 9'; echo $?",
    "eval 'echo evaluated; x=1'; echo $x",
    "x=1; (x=2; echo $x); echo $x; y=3 sh -c 'echo $y'; echo [$y]",
    "[ -n a ] && [ -z '' ] && [ a = a ] && [ a != b ] && [ 1 -le 1 -a 2 -gt 1 ] && echo ok",
    "test -d . && test ! -e nothing && echo ok",
    "sleep 0.01 & wait $!; echo $?",
    "seq 3 | grep -v 2; echo abc | grep -o b; echo x | grep -q y; echo $?",
    "printf 'b 2\\na 10\\n' | sort -k 1; printf '10\\n9\\n' | sort -n",
    "printf 'a:b:c\\n' | cut -d: -f2",
    "basename /a/b.txt .txt; dirname /a/b; expr 3 + 4",
    "printf '\\101\\377\\0102'; printf '%b' 'a\\tb'",
    "echo 1 2 3 | xargs -n 2 echo got; echo a b | xargs echo; echo x | xargs false; echo $?",
    "seq 100000 | head -n 2",
    "yes | head -n 1",
    "a='*'; echo \"$a\" '*' \\*; echo a\\ b",
    "echo ${x:=assigned} $x; unset x; echo [$x]",
    "while :; do break; done; echo end # comment",
    "echo a;echo b\n\n\necho c",
    'echo "quote \\" dollar \\$ back \\\\ end"',
    "x=abc; echo ${x}d $x-$x \"${x}\"'$x'",
    "if [ 1 = 1 ]\nthen\n  echo multi\nfi",
    "echo $((0x10 + 010 * 0))",
    "timeout 5 echo done; timeout 0.05 sleep 5; echo $?",
    "kill -9 99999999 2>/dev/null || echo no",
    "dd if=/dev/zero bs=1024 count=3 2>/dev/null | wc -c",
    "echo text | tee t2; cat t2; cp t2 t3; mv t3 t4; cat t4; rm t2 t4",
    "ls t2 2>/dev/null || echo gone",
    "printf abc | sha256sum; printf abc | md5sum",
]  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS)
def test_it_does_what_a_shell_does(host: AdbHost, script: str, tmp_path: Path) -> None:
    real = shutil.which("sh")
    if real is None:
        pytest.skip("this computer has no shell to compare with")
    found = subprocess.run([real, "-c", script], capture_output=True, cwd=tmp_path, timeout=20)
    prepared = f"mkdir -p /data/local/tmp/w; cd /data/local/tmp/w\n{script}"
    stdout, stderr, status = host.run(prepared)
    assert (stdout, status) == (found.stdout, found.returncode)
    assert bool(stderr) == bool(found.stderr)


@pytest.mark.parametrize(
    ("script", "status", "said"),
    [
        ("cat /nope", 1, "cat: /nope: No such file or directory"),
        ("ls /nope", 1, "ls: /nope: No such file or directory"),
        ("ls /data", 1, "ls: /data: Permission denied"),
        ("/data/local/tmp/none", 127, "/data/local/tmp/none: inaccessible or not found"),
        ("echo x > /data/local/tmp/f; /data/local/tmp/f", 126, "can't execute: Permission denied"),
        ("echo x > /sdcard/f; chmod 777 /sdcard/f; /sdcard/f", 126, "can't execute: Permission"),
        ("echo x > /sys/class/thermal/thermal_zone0/temp", 1, "Permission denied"),
        ("echo x > /system/y", 1, "Read-only file system"),
        ("if", 1, "syntax error: unexpected EOF"),
        ("echo $((1/0))", 1, "divisor is 0"),
        ("f() { f; }; f", 1, "recursion too deep"),
        ("$(" * 200 + ")" * 200, 1, "nested too deeply"),
        ("grep '(' -E /proc/stat", 1, "bad REGEX"),
        ("x=abcdefgh; while :; do x=$x$x || exit 1; done", 1, "argument too long"),
        ("kill 1", 1, "Operation not permitted"),
    ],
)
def test_what_goes_wrong_is_said(host: AdbHost, script: str, status: int, said: str) -> None:
    stdout, stderr, code = host.run(script)
    assert said in (stdout + stderr).decode()
    assert code == status


def test_a_pushed_script_runs_when_it_may(host: AdbHost) -> None:
    host.run(
        "printf 'echo got $1; exit 6\\n' > /data/local/tmp/s.sh; chmod 755 /data/local/tmp/s.sh"
    )
    assert host.run("/data/local/tmp/s.sh arg") == (b"got arg\n", b"", 6)
    assert host.run("cd /data/local/tmp; ./s.sh x")[2] == 6


def test_a_job_in_the_background_outlives_its_shell_and_can_be_ended(host: AdbHost) -> None:
    pid = host.run("sleep 100000 > /dev/null & echo $!")[0].decode().strip()
    assert host.run(f"kill -0 {pid}")[2] == 0
    assert pid.encode() in host.run("ps -A -o PID,NAME")[0]
    assert host.run(f"kill {pid}; sleep 0.1; kill -0 {pid}")[2] == 1


def test_a_loop_that_only_computes_takes_processor_time() -> None:
    with (
        VirtualPhone(VirtualPhoneOptions("redmi_3s", commands=("screen off",))) as phone,
        AdbHost(phone.port) as host,
    ):
        host.connect()
        host.run("timeout 1 sh -c 'while :; do :; done'")
        stdout, _, _ = host.run("head -n 1 /proc/stat")
    assert int(stdout.split()[1]) > 20  # ticks; without the loop it would be two


def test_a_shell_finds_itself_in_proc(host: AdbHost) -> None:
    stdout, _, status = host.run(
        "cat /proc/self/stat; read line < /proc/$$/stat; echo $line; echo $$"
    )
    own, again, pid = stdout.decode().splitlines()
    assert status == 0
    assert own.split()[0] == again.split()[0] == pid


def test_nothing_of_this_computer_shows(host: AdbHost) -> None:
    for script in (
        "cat /etc/passwd",
        "cat /data/local/tmp/../../../etc/passwd",
        "cd /data/local/tmp; cat ../../../../../../../etc/passwd",
        "cat /proc/self/environ",
        "ls /root /home /tmp",
        "cat /sdcard/../etc/hostname",
    ):
        stdout, stderr, status = host.run(script)
        assert stdout == b"", script
        assert status != 0
        assert b"No such file" in stderr
    assert host.run("echo $PATH; env")[0].count(b"adaspring") == 0
