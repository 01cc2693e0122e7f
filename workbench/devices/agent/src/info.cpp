// `info`: the processor's clusters, fastest first, its features, and the engine's version.

#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "arguments.h"
#include "commands.h"
#include "engine.h"
#include "failure.h"
#include "json.h"
#include "system.h"

namespace {

constexpr const char* kCpuFolder = "/sys/devices/system/cpu/";

struct Cluster {
    std::vector<int> cpus;
    std::optional<int64_t> max_khz;
    std::string policy;  // empty where the kernel does not scale clocks
};

// Processors that share a clock, the highest clock first: numbering says nothing (the fast
// ones of a Snapdragon 430 are 0 to 3).
std::vector<Cluster> find_clusters(const std::string& root) {
    const std::string cpu_folder = root + kCpuFolder;
    std::vector<Cluster> clusters;
    for (const std::string& policy : list_folder(cpu_folder + "cpufreq/", "policy")) {
        Cluster cluster;
        cluster.policy = cpu_folder + "cpufreq/" + policy + "/";
        std::string cpus = read_small(cluster.policy + "related_cpus").value_or("");
        std::replace(cpus.begin(), cpus.end(), ' ', ',');
        if (!parse_cpu_list(cpus, &cluster.cpus) || cluster.cpus.empty()) continue;
        cluster.max_khz = read_integer(cluster.policy + "cpuinfo_max_freq");
        clusters.push_back(cluster);
    }
    if (clusters.empty()) {
        Cluster all;
        if (!parse_cpu_list(read_small(cpu_folder + "present").value_or(""), &all.cpus) ||
            all.cpus.empty())
            all.cpus = allowed_cpus(root);
        if (!all.cpus.empty()) clusters.push_back(all);
    }
    std::stable_sort(clusters.begin(), clusters.end(), [](const Cluster& a, const Cluster& b) {
        return a.max_khz.value_or(0) > b.max_khz.value_or(0);
    });
    return clusters;
}

void add_caches(JsonLine& line, const std::string& cpu_folder, int cpu) {
    line.open_array("caches");
    const std::string caches = cpu_folder + "cpu" + std::to_string(cpu) + "/cache/";
    for (const std::string& index : list_folder(caches, "index")) {
        const std::string folder = caches + index + "/";
        const auto level = read_integer(folder + "level");
        const auto type = read_small(folder + "type"), size = read_small(folder + "size");
        const auto shared = read_small(folder + "shared_cpu_list");
        if (!level || !type || !size || !shared) continue;
        line.open_object(nullptr).integer("level", *level).text("type", *type);
        line.text("size", *size).text("shared_cpu_list", *shared).close_object();
    }
    line.close_array();
}

void add_clusters(JsonLine& line, const std::string& root) {
    const std::string cpu_folder = root + kCpuFolder;
    line.open_array("clusters");
    for (const Cluster& cluster : find_clusters(root)) {
        line.open_object(nullptr).integers("cpus", cluster.cpus);
        if (cluster.max_khz) line.integer("max_khz", *cluster.max_khz);
        else line.null("max_khz");
        for (const auto& [key, file] : {std::pair{"governor", "scaling_governor"},
                                        std::pair{"available_khz", "scaling_available_frequencies"},
                                        std::pair{"min_khz", "cpuinfo_min_freq"}}) {
            const auto text =
                cluster.policy.empty() ? std::nullopt : read_small(cluster.policy + file);
            if (text) line.text(key, *text);
            else line.null(key);
        }
        const auto midr = read_small(cpu_folder + "cpu" + std::to_string(cluster.cpus[0]) +
                                     "/regs/identification/midr_el1");
        if (midr) line.text("midr", *midr);
        else line.null("midr");
        add_caches(line, cpu_folder, cluster.cpus[0]);
        line.close_object();
    }
    line.close_array();
}

void add_memory(JsonLine& line, const std::string& root) {
    const std::string meminfo = read_small(root + "/proc/meminfo").value_or("");
    for (const auto& [key, name] : {std::pair{"memory_total_kib", "MemTotal"},
                                    std::pair{"memory_available_kib", "MemAvailable"}}) {
        int64_t kib = 0;
        const std::string value = value_in(meminfo, name).value_or("");
        if (parse_integer(value.substr(0, value.find(' ')), 0, INT64_MAX, &kib))
            line.integer(key, kib);
        else line.null(key);
    }
}

}  // namespace

int info_command(int argc, char** argv) {
    const Arguments arguments(argc, argv, {"--root"}, {});
    const std::string root = arguments.has("--root") ? arguments.text("--root") : "";
    limit_time(20);

    JsonLine line("info");
    line.text("abi", agent_abi()).text("ncnn", engine_version());
    utsname system = {};
    uname(&system);
    line.text("kernel", system.release).text("machine", system.machine);
    const std::string cpuinfo = read_small(root + "/proc/cpuinfo").value_or("");
    std::optional<std::string> model;
    for (const char* key : {"Hardware", "model name", "Model"})
        if (!model) model = value_in(cpuinfo, key);
    if (model) line.text("cpu_model", *model);
    else line.null("cpu_model");
    line.open_array("features");
    for (const std::string& name : cpu_features()) line.text(nullptr, name);
    line.close_array();
    add_clusters(line, root);
    line.integers("allowed_cpus", allowed_cpus(root));
    const auto online = read_small(root + kCpuFolder + "online");
    if (online) line.text("online", *online);
    else line.null("online");
    add_memory(line, root);
    line.integer("page_bytes", sysconf(_SC_PAGESIZE));
    timespec resolution = {};
    clock_getres(CLOCK_MONOTONIC, &resolution);
    line.integer("clock_resolution_ns", resolution.tv_nsec);
    line.integer("monotonic_ns", monotonic_ns()).integer("realtime_ns", realtime_ns());
    line.print();
    return 0;
}
