#include "failure.h"

#include <sys/time.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "json.h"

namespace {

[[noreturn]] void fail(const char* code, const std::string& message, int status) {
    JsonLine("error").text("code", code).text("message", message).print();
    exit(status);
}

// Only system calls are allowed in a signal handler, so these lines stand ready.
template <size_t N>
[[noreturn]] void write_and_exit(const char (&line)[N], int status) {
    // Nothing is left to do when writing fails.
    if (write(STDOUT_FILENO, line, N - 1) < 0) _exit(kExitOutput);
    _exit(status);
}

void on_crash(int) {
    write_and_exit(
        "\n{\"schema\":1,\"record\":\"error\",\"code\":\"crash\",\"message\":\"it crashed; damaged"
        " network files can be the reason\"}\n",
        kExitCrash);
}

void on_alarm(int) {
    write_and_exit(
        "\n{\"schema\":1,\"record\":\"error\",\"code\":\"time\",\"message\":\"the limit of time was"
        " reached\"}\n",
        kExitTime);
}

}  // namespace

void fail_usage(const std::string& message) {
    fail("usage", message, kExitUsage);
}

void fail_file(const std::string& path, const std::string& message) {
    fail("file", path + ": " + message, kExitFile);
}

void fail_engine(const std::string& message) {
    fail("engine", message, kExitEngine);
}

void report_crashes() {
    static char stack[64 * 1024];  // the crash may be a full stack
    stack_t alternate = {};
    alternate.ss_sp = stack;
    alternate.ss_size = sizeof stack;
    sigaltstack(&alternate, nullptr);
    struct sigaction action = {};
    action.sa_handler = on_crash;
    action.sa_flags = SA_ONSTACK;
    for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
        sigaction(signal, &action, nullptr);
}

void limit_time(double seconds) {
    struct sigaction action = {};
    action.sa_handler = on_alarm;
    sigaction(SIGALRM, &action, nullptr);
    itimerval timer = {};
    timer.it_value.tv_sec = static_cast<time_t>(seconds);
    timer.it_value.tv_usec =
        static_cast<suseconds_t>((seconds - static_cast<double>(timer.it_value.tv_sec)) * 1e6);
    setitimer(ITIMER_REAL, &timer, nullptr);
}
