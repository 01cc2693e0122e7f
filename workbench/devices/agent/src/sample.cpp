// `sample`: records of the device's context at a steady rate, and what taking them cost.

#include <fcntl.h>
#include <time.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <string>
#include <vector>

#include "arguments.h"
#include "commands.h"
#include "engine.h"
#include "failure.h"
#include "json.h"
#include "system.h"

namespace {

constexpr double kGraceSeconds = 30;
constexpr size_t kMostCounters = 10;  // of one processor in /proc/stat

volatile sig_atomic_t stopped = 0;
void on_stop(int) {
    stopped = 1;
}

// A file of /proc or /sys that is read again and again; it may vanish with its processor.
class Source {
public:
    // The kernel's files are kept open and read from their start, which is cheapest. Behind
    // --root they are plain files that may be replaced, so they are opened each time.
    Source(const std::string& path, bool keep_open) : path_(path), keep_open_(keep_open) {}
    Source(Source&& other) noexcept
        : path_(std::move(other.path_)), keep_open_(other.keep_open_), fd_(other.fd_) {
        other.fd_ = -1;
    }
    Source(const Source&) = delete;
    ~Source() { shut(); }

    // Its text in a buffer that the next call reuses; nullptr with errno where it has none.
    const char* read_text() {
        static char buffer[64 * 1024];
        if (fd_ < 0) fd_ = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
        const ssize_t count = fd_ < 0 ? -1 : pread(fd_, buffer, sizeof buffer - 1, 0);
        const int error = errno;
        if (count < 0 || !keep_open_) shut();
        errno = error;
        if (count < 0) return nullptr;
        ssize_t end = count;
        while (end > 0 && (buffer[end - 1] == '\n' || buffer[end - 1] == ' ')) end--;
        buffer[end] = '\0';
        return buffer;
    }

    // A number where it holds one, else its text; null where it cannot be read.
    void add_to(JsonLine& line, const char* key) {
        const char* text = read_text();
        int64_t value = 0;
        if (!text) line.null(key);
        else if (parse_integer(text, INT64_MIN, INT64_MAX, &value)) line.integer(key, value);
        else line.text(key, std::string_view(text).substr(0, 64));
    }

private:
    void shut() {
        if (fd_ >= 0) close(fd_);
        fd_ = -1;
    }
    std::string path_;
    bool keep_open_;
    int fd_ = -1;
};

struct Named {
    std::string name;
    Source source;
};

struct Supply {
    std::string name;
    std::vector<Named> fast, slow;
};

class Sampler {
public:
    explicit Sampler(const std::string& root)
        : root_(root),
          keep_open_(root.empty()),
          stat_(root + "/proc/stat", keep_open_),
          meminfo_(root + "/proc/meminfo", keep_open_) {}

    // Finds what there is; the header says what there is not, and why.
    void start(JsonLine& line) {
        line.open_array("unavailable");
        expect(line, "/proc/stat", stat_.read_text() != nullptr);
        expect(line, "/proc/meminfo", meminfo_.read_text() != nullptr);
        find_clocks(line);
        find_zones(line);
        find_supplies(line);
        line.close_array();
        list(line, "clocks", clocks_);
        line.open_array("temperatures");
        for (size_t i = 0; i < zones_.size(); i++)
            line.open_object(nullptr)
                .text("zone", zones_[i].name)
                .text("type", zone_types_[i])
                .close_object();
        line.close_array().open_array("supplies");
        for (const Supply& supply : supplies_) {
            line.open_object(nullptr).text("name", supply.name);
            list(line, "fast", supply.fast);
            list(line, "slow", supply.slow);
            line.close_object();
        }
        line.close_array();
    }

    void sample(JsonLine& line, bool slow) {
        add_cpu(line);
        line.open_object("clocks_khz");
        for (Named& clock : clocks_) clock.source.add_to(line, clock.name.c_str());
        line.close_object().open_object("supplies");
        for (Supply& supply : supplies_) {
            if (supply.fast.empty() && !slow) continue;
            line.open_object(supply.name.c_str());
            for (Named& item : supply.fast) item.source.add_to(line, item.name.c_str());
            if (slow)
                for (Named& item : supply.slow) item.source.add_to(line, item.name.c_str());
            line.close_object();
        }
        line.close_object();
        if (!slow) return;
        line.open_array("temperatures");
        for (Named& zone : zones_) zone.source.add_to(line, nullptr);
        line.close_array();
        add_memory(line);
    }

private:
    static void list(JsonLine& line, const char* key, const std::vector<Named>& items) {
        line.open_array(key);
        for (const Named& item : items) line.text(nullptr, item.name);
        line.close_array();
    }

    static void expect(JsonLine& line, const std::string& what, bool there) {
        if (!there)
            line.open_object(nullptr)
                .text("what", what)
                .text("reason", std::strerror(errno))
                .close_object();
    }

    // Keeps a source that can be read, and reports one that exists and cannot.
    void find(JsonLine& line, std::vector<Named>& items, const std::string& name,
              const std::string& path) {
        Source source(root_ + path, keep_open_);
        const bool there = source.read_text() != nullptr;
        if (there) items.push_back({name, std::move(source)});
        else if (errno != ENOENT) expect(line, path, false);
    }

    void find_clocks(JsonLine& line) {
        const std::string folder = "/sys/devices/system/cpu/cpufreq/";
        for (const std::string& policy : list_folder(root_ + folder, "policy"))
            find(line, clocks_, policy, folder + policy + "/scaling_cur_freq");
        if (clocks_.empty()) absent(line, folder, "no clock of a processor can be read");
    }

    void find_zones(JsonLine& line) {
        const std::string folder = "/sys/class/thermal/";
        for (const std::string& zone : list_folder(root_ + folder, "thermal_zone")) {
            const size_t before = zones_.size();
            find(line, zones_, zone, folder + zone + "/temp");
            if (zones_.size() > before)
                zone_types_.push_back(read_small(root_ + folder + zone + "/type").value_or(""));
        }
        if (zones_.empty()) absent(line, folder, "no temperature can be read");
    }

    void find_supplies(JsonLine& line) {
        const std::string folder = "/sys/class/power_supply/";
        for (const std::string& name : list_folder(root_ + folder, "")) {
            Supply supply{name, {}, {}};
            const std::string path = folder + name + "/";
            for (const char* file : {"current_now", "voltage_now", "power_now"})
                find(line, supply.fast, file, path + file);
            for (const char* file : {"type", "status", "online", "capacity", "temp",
                                     "charge_counter", "charge_now", "charge_full", "energy_now"})
                find(line, supply.slow, file, path + file);
            if (!supply.fast.empty() || !supply.slow.empty())
                supplies_.push_back(std::move(supply));
        }
        if (supplies_.empty()) absent(line, folder, "no battery can be read");
    }

    static void absent(JsonLine& line, const std::string& what, const char* reason) {
        line.open_object(nullptr).text("what", what).text("reason", reason).close_object();
    }

    // Counters of all processors together ("cpu") and of each ("cpu0" ...), in clock ticks.
    void add_cpu(JsonLine& line) {
        line.open_object("cpu_ticks");
        const char* text = stat_.read_text();
        while (text && std::strncmp(text, "cpu", 3) == 0) {
            const char* end = std::strchr(text, '\n');
            const char* space = std::strchr(text, ' ');
            if (!space || (end && space > end)) break;
            const std::string name(text, space);
            std::vector<int64_t> counters;
            const char* next = space;
            while (counters.size() < kMostCounters && *next == ' ') {
                char* after = nullptr;
                errno = 0;
                const long long value = std::strtoll(next, &after, 10);
                if (after == next || errno || value < 0) break;
                counters.push_back(value);
                next = after;
            }
            line.integers(name.c_str(), counters);
            text = end ? end + 1 : nullptr;
        }
        line.close_object();
    }

    void add_memory(JsonLine& line) {
        line.open_object("memory_kib");
        const char* text = meminfo_.read_text();
        while (text) {
            for (const char* key : {"MemTotal", "MemFree", "MemAvailable", "Cached"}) {
                const size_t length = std::strlen(key);
                if (std::strncmp(text, key, length) == 0 && text[length] == ':')
                    line.integer(key, std::strtoll(text + length + 1, nullptr, 10));
            }
            const char* end = std::strchr(text, '\n');
            text = end ? end + 1 : nullptr;
        }
        line.close_object();
    }

    const std::string root_;
    const bool keep_open_;
    Source stat_, meminfo_;
    std::vector<Named> clocks_, zones_;
    std::vector<std::string> zone_types_;
    std::vector<Supply> supplies_;
};

void sleep_until(int64_t ns) {
    const timespec until = {static_cast<time_t>(ns / 1000000000),
                            static_cast<long>(ns % 1000000000)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

}  // namespace

int sample_command(int argc, char** argv) {
    const Arguments arguments(argc, argv,
                              {"--rate-hz", "--slow-hz", "--seconds", "--cpus", "--root"}, {});
    const double rate = arguments.real("--rate-hz", 1, 0.01, 50);
    const double slow_rate = arguments.real("--slow-hz", std::min(1.0, rate), 0.001, rate);
    const double seconds = arguments.real("--seconds", 60, 0.1, 7 * 24 * 3600);
    const std::string root = arguments.has("--root") ? arguments.text("--root") : "";
    limit_time(seconds + kGraceSeconds);
    run_only_on(arguments.cpus("--cpus"), root);
    struct sigaction action = {};
    action.sa_handler = on_stop;
    for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);

    Sampler sampler(root);
    JsonLine header("sampler");
    header.text("abi", agent_abi()).real("rate_hz", rate).real("slow_hz", slow_rate);
    header.integer("ticks_per_s", sysconf(_SC_CLK_TCK));
    sampler.start(header);
    header.print();

    const auto period = static_cast<int64_t>(1e9 / rate);
    const auto slow_period = static_cast<int64_t>(1e9 / slow_rate);
    const int64_t start = monotonic_ns(), cpu_start = process_cpu_ns();
    const int64_t end = start + static_cast<int64_t>(seconds * 1e9);
    int64_t samples = 0, missed = 0, due = start, slow_due = start;
    while (!stopped && due < end) {
        sleep_until(due);
        if (stopped) break;
        JsonLine line("sample");
        const int64_t now = monotonic_ns();
        // Due within half a period: the next sample would be later than this one is early.
        const bool slow = now + period / 2 >= slow_due;
        while (slow && slow_due <= now + period / 2) slow_due += slow_period;
        line.integer("n", samples)
            .integer("monotonic_ns", now)
            .integer("realtime_ns", realtime_ns());
        line.integer("late_ns", now - due).integer("own_cpu_ns", process_cpu_ns() - cpu_start);
        sampler.sample(line, slow);
        line.print();
        samples++;
        due += period;
        // After a pause (the phone slept) it goes on with the present, not with what was missed.
        while (due <= monotonic_ns() - period) {
            due += period;
            missed++;
        }
    }
    JsonLine last("end");
    last.integer("samples", samples).integer("missed", missed);
    last.integer("elapsed_ns", monotonic_ns() - start)
        .integer("cpu_ns", process_cpu_ns() - cpu_start);
    last.text("stopped_by", stopped ? "signal" : "plan").print();
    return 0;
}
