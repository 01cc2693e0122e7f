// `bench`: latencies of one network, with what is needed to judge them.

#include <vector>

#include "arguments.h"
#include "commands.h"
#include "engine.h"
#include "failure.h"
#include "json.h"
#include "layer.h"
#include "system.h"

namespace {

// What was measured is written about once a second, so that little is lost when the link drops.
constexpr int64_t kFlushNs = 1000000000;
constexpr size_t kFlushRuns = 4096;
// Time beyond --max-seconds after which something hangs.
constexpr double kGraceSeconds = 30;

ncnn::Mat run(const LoadedNetwork& network, const ncnn::Mat& image) {
    return infer(*network.net, network.input_blob, network.output_blob, image);
}

int64_t timed(const LoadedNetwork& network, const ncnn::Mat& image) {
    const int64_t start = monotonic_ns();
    run(network, image);
    return monotonic_ns() - start;
}

void print_latencies(const char* record, int64_t start_ns, std::vector<int64_t>* times) {
    if (!times->empty())
        JsonLine(record).integer("start_ns", start_ns).integers("ns", *times).print();
    times->clear();
}

// Each layer's time in `passes` passes, by asking for one blob after the other. The engine
// cannot reuse memory then, so the sum is somewhat above a plain run's time.
void print_layers(const LoadedNetwork& network, const ncnn::Mat& image, int passes) {
    const std::vector<ncnn::Layer*>& layers = network.net->layers();
    std::vector<std::vector<int64_t>> times(layers.size());
    for (int pass = 0; pass < passes; pass++) {
        ncnn::Extractor extractor = network.net->create_extractor();
        extractor.set_light_mode(false);
        if (extractor.input(network.input_blob, image))
            fail_engine("the network does not take the input");
        for (size_t i = 0; i < layers.size(); i++) {
            if (layers[i]->tops.empty()) continue;
            ncnn::Mat output;
            const int64_t start = monotonic_ns();
            // Type 1: as the layer left it, without unpacking.
            if (extractor.extract(layers[i]->tops[0], output, 1))
                fail_engine("layer " + layers[i]->name + " does not run");
            times[i].push_back(monotonic_ns() - start);
        }
    }
    for (size_t i = 0; i < layers.size(); i++)
        JsonLine("layer")
            .text("name", layers[i]->name)
            .text("type", layers[i]->type)
            .integers("ns", times[i])
            .print();
}

}  // namespace

int bench_command(int argc, char** argv) {
    const Arguments arguments(
        argc, argv,
        {"--param", "--bin", "--shape", "--input", "--warm-up", "--runs", "--min-seconds",
         "--max-seconds", "--threads", "--cpus", "--precision", "--layer-passes", "--root"},
        {"--scores"});
    const std::vector<int> shape = arguments.list("--shape", 3, 1, 65536);
    const auto warm_up = static_cast<int>(arguments.integer("--warm-up", 10, 0, 100000));
    const std::string param = arguments.text("--param"), bin = arguments.text("--bin");
    const int64_t runs = arguments.integer("--runs", 100, 0, 10000000);
    const double max_seconds = arguments.real("--max-seconds", 60, 0.1, 7200);
    const double min_seconds = arguments.real("--min-seconds", 0, 0, max_seconds);
    const auto threads = static_cast<int>(arguments.integer("--threads", 1, 1, 64));
    const auto layer_passes = static_cast<int>(arguments.integer("--layer-passes", 0, 0, 1000));
    const std::string precision =
        arguments.has("--precision") ? arguments.text("--precision") : "fp32";
    if (precision != "fp32" && precision != "fp16") fail_usage("--precision takes fp32 or fp16");
    const std::string root = arguments.has("--root") ? arguments.text("--root") : "";
    limit_time(max_seconds + kGraceSeconds);
    const std::vector<int> cpus = arguments.cpus("--cpus");
    run_only_on(cpus, root);

    const Images input = read_images(arguments, shape);
    const LoadedNetwork network =
        load_network(param, bin, engine_options(threads, precision == "fp16"));
    JsonLine header("bench");
    header.text("abi", agent_abi()).text("ncnn", engine_version()).text("precision", precision);
    header.integer("threads", threads);
    header.integers("cpus", cpus.empty() ? allowed_cpus(root) : cpus).integers("shape", shape);
    header.text("input", input.from_file ? "file" : "deterministic");
    header.integer("images", static_cast<int64_t>(input.images.size()));
    header.integer("param_bytes", static_cast<int64_t>(network.param_bytes));
    header.integer("bin_bytes", static_cast<int64_t>(network.bin_bytes));
    header.integer("load_ns", network.load_ns);
    add_state(header, "before", root);
    header.print();

    const ncnn::Mat& image = input.images[0];
    const int64_t begin = monotonic_ns();
    const int64_t latest = begin + static_cast<int64_t>(max_seconds * 1e9);
    std::vector<int64_t> times;
    for (int i = 0; i < warm_up && monotonic_ns() < latest; i++)
        times.push_back(timed(network, image));
    print_latencies("warm_up", begin, &times);

    const int64_t start = monotonic_ns();
    const int64_t earliest = start + static_cast<int64_t>(min_seconds * 1e9);
    const int64_t cpu_start = process_cpu_ns();
    int64_t done = 0, chunk_start = start, now = start;
    times.reserve(kFlushRuns);
    while ((done < runs || now < earliest) && now < latest) {
        times.push_back(timed(network, image));
        done++;
        now = monotonic_ns();
        if (now - chunk_start >= kFlushNs || times.size() == kFlushRuns) {
            print_latencies("latencies", chunk_start, &times);
            chunk_start = now = monotonic_ns();
        }
    }
    print_latencies("latencies", chunk_start, &times);
    const int64_t cpu_ns = process_cpu_ns() - cpu_start;

    JsonLine end("end");
    end.integer("runs", done).integer("elapsed_ns", now - start).integer("cpu_ns", cpu_ns);
    end.text("stopped_by", done < runs || now < earliest ? "time" : "plan");
    add_state(end, "after", root);
    if (const auto peak = peak_memory_kib()) end.integer("peak_memory_kib", *peak);
    else end.null("peak_memory_kib");

    if (layer_passes) print_layers(network, image, layer_passes);
    if (arguments.has("--scores"))
        for (size_t i = 0; i < input.images.size(); i++) {
            JsonLine line("scores");
            line.integer("image", static_cast<int64_t>(i));
            add_scores(line, run(network, input.images[i]));
            line.print();
        }
    end.print();
    return 0;
}
