// Every way in which the agent ends early: one JSON line that says why, and an exit status.
#pragma once

#include <string>

constexpr int kExitUsage = 2;   // arguments that make no sense
constexpr int kExitFile = 3;    // a file that cannot be read or is broken
constexpr int kExitEngine = 4;  // ncnn, or the system, refused to do it
constexpr int kExitOutput = 5;  // nobody reads the output
constexpr int kExitTime = 6;    // the limit of time was reached in the middle of something
constexpr int kExitCrash = 7;   // the engine crashed

[[noreturn]] void fail_usage(const std::string& message);
[[noreturn]] void fail_file(const std::string& path, const std::string& message);
[[noreturn]] void fail_engine(const std::string& message);

// A crash inside the engine (a file can describe nonsense) also gives a line.
void report_crashes();

// Ends the program after that time, whatever it is doing.
void limit_time(double seconds);
