#include "system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "arguments.h"
#include "failure.h"

namespace {

constexpr size_t kMostSmallBytes = 256 * 1024;

int64_t clock_ns(clockid_t clock) {
    timespec now = {};
    clock_gettime(clock, &now);
    return static_cast<int64_t>(now.tv_sec) * 1000000000 + now.tv_nsec;
}

class Descriptor {
public:
    // Not blocking: opening a named pipe would wait for its writer.
    explicit Descriptor(const std::string& path)
        : fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
    ~Descriptor() {
        if (fd >= 0) close(fd);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    const int fd;
};

void add_integer(JsonLine& line, const char* key, const std::string& path) {
    if (const auto value = read_integer(path)) line.integer(key, *value);
    else line.null(key);
}

void add_text(JsonLine& line, const char* key, const std::string& path) {
    if (const auto value = read_small(path)) line.text(key, *value);
    else line.null(key);
}

}  // namespace

int64_t monotonic_ns() {
    return clock_ns(CLOCK_MONOTONIC);
}
int64_t realtime_ns() {
    return clock_ns(CLOCK_REALTIME);
}
int64_t process_cpu_ns() {
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

std::optional<std::string> read_small(const std::string& path) {
    const Descriptor file(path);
    if (file.fd < 0) return std::nullopt;
    std::string text;
    char buffer[4096];
    // The kernel hands long texts out in pieces: ARM's /proc/cpuinfo names the hardware last.
    while (text.size() < kMostSmallBytes) {
        const ssize_t count = read(file.fd, buffer, sizeof buffer);
        if (count < 0) return std::nullopt;
        if (count == 0) break;
        text.append(buffer, static_cast<size_t>(count));
    }
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    return text;
}

std::optional<int64_t> read_integer(const std::string& path) {
    const auto text = read_small(path);
    int64_t value = 0;
    if (!text || !parse_integer(*text, INT64_MIN, INT64_MAX, &value)) return std::nullopt;
    return value;
}

std::optional<std::string> value_in(const std::string& text, const std::string& key) {
    size_t start = 0;
    while (start < text.size()) {
        const size_t end = std::min(text.find('\n', start), text.size());
        const size_t colon = text.find(':', start);
        if (colon < end) {
            const size_t last = text.find_last_not_of(" \t", colon - 1);
            if (text.substr(start, last + 1 - start) == key) {
                const size_t value = text.find_first_not_of(" \t", colon + 1);
                return value < end ? text.substr(value, end - value) : "";
            }
        }
        start = end + 1;
    }
    return std::nullopt;
}

std::optional<int64_t> peak_memory_kib() {
    // Not getrusage(): its figure includes what the process was before it started this program.
    const std::string text =
        value_in(read_small("/proc/self/status").value_or(""), "VmHWM").value_or("");
    int64_t kib = 0;
    if (!parse_integer(text.substr(0, text.find(' ')), 0, INT64_MAX, &kib)) return std::nullopt;
    return kib;
}

std::string read_whole(const std::string& path, size_t most) {
    const Descriptor file(path);
    struct stat status = {};
    if (file.fd < 0 || fstat(file.fd, &status)) fail_file(path, std::strerror(errno));
    if (!S_ISREG(status.st_mode)) fail_file(path, "is no regular file");
    if (status.st_size < 0 || static_cast<uint64_t>(status.st_size) > most)
        fail_file(path, "is larger than the " + std::to_string(most) + " bytes allowed");
    std::string bytes(static_cast<size_t>(status.st_size), '\0');
    size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t count = read(file.fd, bytes.data() + done, bytes.size() - done);
        if (count < 0) fail_file(path, std::strerror(errno));
        if (count == 0) fail_file(path, "became shorter while it was read");
        done += static_cast<size_t>(count);
    }
    return bytes;
}

std::vector<std::string> list_folder(const std::string& path, const std::string& prefix) {
    std::vector<std::string> names;
    DIR* folder = opendir(path.c_str());
    if (!folder) return names;
    while (const dirent* entry = readdir(folder)) {
        const std::string name = entry->d_name;
        if (name[0] != '.' && name.compare(0, prefix.size(), prefix) == 0) names.push_back(name);
    }
    closedir(folder);
    // policy10 after policy9: shorter names first.
    std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
        return a.size() != b.size() ? a.size() < b.size() : a < b;
    });
    return names;
}

std::vector<int> allowed_cpus(const std::string& root) {
    std::vector<int> cpus;
    if (!root.empty()) {
        const std::string online = read_small(root + "/sys/devices/system/cpu/online").value_or("");
        return parse_cpu_list(online, &cpus) ? cpus : std::vector<int>();
    }
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
            if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
    return cpus;
}

void run_only_on(const std::vector<int>& cpus, const std::string& root) {
    if (cpus.empty()) return;
    const char* absent = "some of these processors do not exist or are off";
    if (!root.empty()) {
        const std::vector<int> there = allowed_cpus(root);
        if (!std::includes(there.begin(), there.end(), cpus.begin(), cpus.end()))
            fail_engine(absent);
        return;
    }
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int cpu : cpus) CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set))
        fail_engine(std::string("the system does not let it run on these processors: ") +
                    std::strerror(errno));
    // The kernel drops processors that are switched off without a word.
    if (allowed_cpus(root) != cpus) fail_engine(absent);
}

void add_state(JsonLine& line, const char* key, const std::string& root) {
    line.open_object(key).integer("monotonic_ns", monotonic_ns()).open_array("frequencies");
    const std::string policies = root + "/sys/devices/system/cpu/cpufreq/";
    for (const std::string& policy : list_folder(policies, "policy")) {
        const std::string folder = policies + policy + "/";
        line.open_object(nullptr).text("policy", policy);
        add_text(line, "related_cpus", folder + "related_cpus");
        add_text(line, "governor", folder + "scaling_governor");
        add_integer(line, "current_khz", folder + "scaling_cur_freq");
        add_integer(line, "cap_khz", folder + "scaling_max_freq");
        add_integer(line, "floor_khz", folder + "scaling_min_freq");
        add_integer(line, "hardware_max_khz", folder + "cpuinfo_max_freq");
        line.close_object();
    }
    line.close_array().open_array("temperatures");
    const std::string zones = root + "/sys/class/thermal/";
    for (const std::string& zone : list_folder(zones, "thermal_zone")) {
        line.open_object(nullptr).text("zone", zone);
        add_text(line, "type", zones + zone + "/type");
        add_integer(line, "raw", zones + zone + "/temp");
        line.close_object();
    }
    line.close_array().close_object();
}
