// `evolve`: time from a configuration to a network that is ready to run, the whole ensemble's
// weights being on the device.

#include <algorithm>
#include <string>
#include <vector>

#include "arguments.h"
#include "commands.h"
#include "engine.h"
#include "ensemble.h"
#include "evolution.h"
#include "failure.h"
#include "json.h"
#include "system.h"

namespace {

constexpr size_t kMostListBytes = 4u << 20;
constexpr double kGraceSeconds = 30;

// One configuration a line: an operator's number for each decision, such as 0,3,1,2.
std::vector<std::vector<int>> read_configurations(const std::string& path,
                                                  const Ensemble& ensemble) {
    const std::string text = read_whole(path, kMostListBytes);
    std::vector<std::vector<int>> configurations;
    size_t start = 0;
    for (int line = 1; start < text.size(); line++) {
        const size_t end = std::min(text.find('\n', start), text.size());
        std::vector<int> configuration;
        size_t from = start;
        while (from <= end) {
            const size_t comma = std::min(text.find(',', from), end);
            const size_t decision = configuration.size();
            int64_t choice = 0;
            if (decision == ensemble.sizes.size() ||
                !parse_integer(text.substr(from, comma - from), 0, ensemble.sizes[decision] - 1,
                               &choice))
                break;
            configuration.push_back(static_cast<int>(choice));
            from = comma + 1;
        }
        if (from <= end || configuration.size() != ensemble.sizes.size())
            fail_file(path,
                      "line " + std::to_string(line) + " is no configuration of this network");
        configurations.push_back(configuration);
        start = end + 1;
    }
    if (configurations.empty()) fail_file(path, "holds no configuration");
    return configurations;
}

void add_cache(JsonLine& line, const Evolution& evolution) {
    line.integer("layers", static_cast<int64_t>(evolution.cached_count()));
    line.integer("bytes", static_cast<int64_t>(evolution.cached_bytes));
    line.integer("evicted", evolution.evicted_count);
}

}  // namespace

int evolve_command(int argc, char** argv) {
    const Arguments arguments(
        argc, argv,
        {"--ensemble", "--configurations", "--repeats", "--cache-mib", "--runs", "--threads",
         "--cpus", "--input", "--max-seconds", "--root"},
        {"--prepare-all", "--repack", "--scores"});
    const auto repeats = static_cast<int>(arguments.integer("--repeats", 5, 1, 10000));
    const auto runs = static_cast<int>(arguments.integer("--runs", 0, 0, 100000));
    const auto threads = static_cast<int>(arguments.integer("--threads", 1, 1, 64));
    const auto cache_mib = arguments.integer("--cache-mib", 64, 1, 2048);
    const double max_seconds = arguments.real("--max-seconds", 60, 0.1, 7200);
    const std::string root = arguments.has("--root") ? arguments.text("--root") : "";
    const bool repack = arguments.has("--repack");
    if (repack && arguments.has("--prepare-all"))
        fail_usage("--repack forgets what --prepare-all prepares; give one of them");
    limit_time(max_seconds + kGraceSeconds);
    const std::vector<int> cpus = arguments.cpus("--cpus");
    run_only_on(cpus, root);

    const int64_t load_start = monotonic_ns();
    const Ensemble ensemble(arguments.text("--ensemble"));
    const int64_t load_ns = monotonic_ns() - load_start;
    const auto configurations = read_configurations(arguments.text("--configurations"), ensemble);
    const Images input = read_images(
        arguments, {ensemble.input.channels, ensemble.input.height, ensemble.input.width});
    Evolution evolution(ensemble, threads, static_cast<size_t>(cache_mib) << 20);

    JsonLine header("evolve");
    header.text("abi", agent_abi()).text("ncnn", engine_version()).text("precision", "fp32");
    header.integer("threads", threads);
    header.integers("cpus", cpus.empty() ? allowed_cpus(root) : cpus);
    header.integer("ensemble_bytes", static_cast<int64_t>(ensemble.bytes()));
    header.integer("load_ns", load_ns).integers("decisions", ensemble.sizes);
    header.integer("images", static_cast<int64_t>(input.images.size()));
    add_state(header, "before", root);
    header.print();

    if (arguments.has("--prepare-all")) {
        const int64_t start = monotonic_ns();
        evolution.prepare_all();
        JsonLine line("prepared");
        line.integer("ns", monotonic_ns() - start);
        add_cache(line, evolution);
        line.print();
    }
    const int64_t start = monotonic_ns();
    const int64_t latest = start + static_cast<int64_t>(max_seconds * 1e9);
    size_t done = 0;
    for (; done < configurations.size() && monotonic_ns() < latest; done++) {
        const std::vector<int>& configuration = configurations[done];
        std::vector<int64_t> times, run_times;
        std::unique_ptr<EvolvedNetwork> network;
        const int64_t prepared_before = evolution.prepared_count;
        int64_t prepared_first = 0;
        for (int i = 0; i < repeats; i++) {
            network.reset();
            if (repack) evolution.forget_all();
            const int64_t evolve_start = monotonic_ns();
            network = evolution.evolve(configuration);
            times.push_back(monotonic_ns() - evolve_start);
            if (i == 0) prepared_first = evolution.prepared_count - prepared_before;
        }
        const auto run = [&](const ncnn::Mat& image) {
            return infer(network->net, kEvolvedInputBlob, network->output_blob, image);
        };
        for (int i = 0; i < runs && monotonic_ns() < latest; i++) {
            const int64_t run_start = monotonic_ns();
            run(input.images[0]);
            run_times.push_back(monotonic_ns() - run_start);
        }
        JsonLine line("evolved");
        line.integer("index", static_cast<int64_t>(done)).integers("configuration", configuration);
        line.integers("ns", times).integer("prepared", prepared_first);
        line.integers("run_ns", run_times).print();
        if (!arguments.has("--scores")) continue;
        for (size_t i = 0; i < input.images.size(); i++) {
            JsonLine scores("scores");
            scores.integer("index", static_cast<int64_t>(done))
                .integer("image", static_cast<int64_t>(i));
            add_scores(scores, run(input.images[i]));
            scores.print();
        }
    }
    JsonLine end("end");
    end.integer("configurations", static_cast<int64_t>(done))
        .integer("elapsed_ns", monotonic_ns() - start);
    end.text("stopped_by", done < configurations.size() ? "time" : "plan");
    add_cache(end, evolution);
    add_state(end, "after", root);
    end.print();
    return 0;
}
