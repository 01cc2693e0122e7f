// What the kernel tells: clocks, files of /proc and /sys, processors, their clocks, temperatures.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "json.h"

int64_t monotonic_ns();
int64_t realtime_ns();
int64_t process_cpu_ns();

// A small file without its last line break; nothing where it cannot be read.
std::optional<std::string> read_small(const std::string& path);
std::optional<int64_t> read_integer(const std::string& path);

// The first value of "key : value" in texts such as /proc/cpuinfo and /proc/meminfo.
std::optional<std::string> value_in(const std::string& text, const std::string& key);

// The most memory that this process has had in use; nothing where the kernel does not tell.
std::optional<int64_t> peak_memory_kib();

// A whole regular file of at most `most` bytes; ends the program where that fails.
std::string read_whole(const std::string& path, size_t most);

// Sorted names in a folder that start with `prefix`; empty where it cannot be listed.
std::vector<std::string> list_folder(const std::string& path, const std::string& prefix);

// Processors that it may run on: the system's own, or those that are on below `root`.
std::vector<int> allowed_cpus(const std::string& root);
// Stay on these processors from now on (all where empty); ends the program where that fails.
// Below another root they are another system's: they are checked, and nothing is set.
void run_only_on(const std::vector<int>& cpus, const std::string& root);

// Adds "frequencies" (each cpufreq policy with its cap) and "temperatures" (each thermal zone).
// `root` stands before /sys.
void add_state(JsonLine& line, const char* key, const std::string& root);
