#include "engine.h"

#include <algorithm>
#include <cstring>

#include "cpu.h"
#include "datareader.h"
#include "failure.h"
#include "json.h"
#include "platform.h"
#include "system.h"

namespace {

constexpr size_t kMostParamBytes = 4u << 20;
constexpr size_t kMostBinBytes = 256u << 20;
constexpr size_t kMostInputBytes = 64u << 20;

// Index of the blob called `wanted`; -1 where there is none.
int find_blob(const std::vector<const char*>& names, const std::vector<int>& indexes,
              const char* wanted) {
    for (size_t i = 0; i < names.size(); i++)
        if (std::strcmp(names[i], wanted) == 0) return indexes[i];
    return -1;
}

// Hands out copies, as a file does: the engine's own reader from memory makes weights refer to
// the bytes, so that they would have to stay.
class WeightReader : public ncnn::DataReader {
public:
    explicit WeightReader(const std::string& bytes) : bytes_(bytes) {}
    size_t read(void* buffer, size_t size) const override {
        const size_t count = std::min(size, bytes_.size() - used);
        std::memcpy(buffer, bytes_.data() + used, count);
        used += count;
        return count;
    }
    mutable size_t used = 0;

private:
    const std::string& bytes_;
};

}  // namespace

std::string engine_version() {
    return NCNN_VERSION_STRING;
}

const char* agent_abi() {
#if defined(__aarch64__)
    return "arm64-v8a";
#elif defined(__arm__)
    return "armeabi-v7a";
#else
    return "x86_64";
#endif
}

std::vector<std::string> cpu_features() {
    std::vector<std::string> names;
    const auto add = [&names](const char* name, int present) {
        if (present) names.push_back(name);
    };
#if defined(__aarch64__) || defined(__arm__)
    add("neon", ncnn::cpu_support_arm_neon());
    add("vfpv4", ncnn::cpu_support_arm_vfpv4());
    add("asimdhp", ncnn::cpu_support_arm_asimdhp());
    add("asimddp", ncnn::cpu_support_arm_asimddp());
    add("asimdfhm", ncnn::cpu_support_arm_asimdfhm());
    add("bf16", ncnn::cpu_support_arm_bf16());
    add("i8mm", ncnn::cpu_support_arm_i8mm());
    add("sve", ncnn::cpu_support_arm_sve());
#else
    add("avx", ncnn::cpu_support_x86_avx());
    add("fma", ncnn::cpu_support_x86_fma());
    add("avx2", ncnn::cpu_support_x86_avx2());
    add("avx512", ncnn::cpu_support_x86_avx512());
#endif
    return names;
}

ncnn::Option engine_options(int threads, bool fp16) {
    ncnn::Option options;
    options.num_threads = threads;
    options.use_vulkan_compute = false;
    options.use_bf16_storage = false;
    options.use_fp16_packed = options.use_fp16_storage = options.use_fp16_arithmetic = fp16;
    if (fp16) {
#if defined(__aarch64__)
        if (!ncnn::cpu_support_arm_asimdhp())
#endif
            fail_usage("--precision fp16 needs a processor with ARMv8.2 half precision");
    }
    return options;
}

LoadedNetwork load_network(const std::string& param_path, const std::string& bin_path,
                           const ncnn::Option& options) {
    const std::string param = read_whole(param_path, kMostParamBytes);
    const std::string bin = read_whole(bin_path, kMostBinBytes);
    if (param.compare(0, 8, "7767517\n") != 0 || param.find('\0') != std::string::npos)
        fail_file(param_path, "is no ncnn network in text form");

    LoadedNetwork loaded;
    loaded.param_bytes = param.size();
    loaded.bin_bytes = bin.size();
    const int64_t start = monotonic_ns();
    loaded.net = std::make_unique<ncnn::Net>();
    loaded.net->opt = options;
    const auto* text = reinterpret_cast<const unsigned char*>(param.c_str());
    const ncnn::DataReaderFromMemory param_reader(text, param.size());
    if (loaded.net->load_param(param_reader))
        fail_file(param_path, "is broken or has layers that the agent lacks");
    const WeightReader bin_reader(bin);
    if (loaded.net->load_model(bin_reader)) fail_file(bin_path, "is cut off or broken");
    loaded.load_ns = monotonic_ns() - start;

    if (bin_reader.used != bin.size())
        fail_file(bin_path, "holds " + std::to_string(bin.size()) + " bytes; the network has " +
                                std::to_string(bin_reader.used));
    const ncnn::Net& net = *loaded.net;
    loaded.input_blob = find_blob(net.input_names(), net.input_indexes(), "in");
    loaded.output_blob = find_blob(net.output_names(), net.output_indexes(), "out");
    if (loaded.input_blob < 0 || loaded.output_blob < 0)
        fail_file(param_path, "has no input blob 'in' or no output blob 'out'");
    return loaded;
}

Images read_images(const Arguments& arguments, const std::vector<int>& shape) {
    const size_t values = static_cast<size_t>(shape[0]) * static_cast<size_t>(shape[1]) *
                          static_cast<size_t>(shape[2]);
    if (values * sizeof(float) > kMostInputBytes) fail_usage("one input is larger than 64 MiB");
    std::vector<float> data;
    Images result;
    result.from_file = arguments.has("--input");
    if (result.from_file) {
        const std::string path = arguments.text("--input");
        const std::string bytes = read_whole(path, kMostInputBytes);
        if (bytes.empty() || bytes.size() % (values * sizeof(float)))
            fail_file(path, "does not hold whole images of " + std::to_string(values) + " floats");
        data.resize(bytes.size() / sizeof(float));
        std::memcpy(data.data(), bytes.data(), bytes.size());
    } else {
        uint32_t state = 1;
        data.resize(values);
        for (float& value : data) {
            state = state * 1664525u + 1013904223u;
            value = static_cast<float>(state >> 8) / 16777216.0f;
        }
    }
    for (size_t start = 0; start < data.size(); start += values) {
        ncnn::Mat image(shape[2], shape[1], shape[0]);
        if (image.empty()) fail_engine("out of memory");
        // The engine aligns each channel, so they are copied one by one.
        const size_t plane = values / static_cast<size_t>(shape[0]);
        for (int channel = 0; channel < shape[0]; channel++)
            std::memcpy(image.channel(channel),
                        data.data() + start + plane * static_cast<size_t>(channel),
                        plane * sizeof(float));
        result.images.push_back(image);
    }
    return result;
}

ncnn::Mat infer(const ncnn::Net& net, int input_blob, int output_blob, const ncnn::Mat& image) {
    ncnn::Extractor extractor = net.create_extractor();
    ncnn::Mat scores;
    if (extractor.input(input_blob, image) || extractor.extract(output_blob, scores) ||
        scores.empty())
        fail_engine("the network does not run on an input of this shape");
    return scores;
}

void add_scores(JsonLine& line, const ncnn::Mat& scores) {
    const ncnn::Mat flat = scores.reshape(scores.w * scores.h * scores.c);
    line.reals("values", flat, static_cast<size_t>(flat.w));
}
