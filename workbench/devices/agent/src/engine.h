// ncnn as the agent uses it: options, a network from checked files, inputs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arguments.h"
#include "json.h"
#include "mat.h"
#include "net.h"

std::string engine_version();
const char* agent_abi();

// Names of the processor's vector extensions that matter to the engine's kernels.
std::vector<std::string> cpu_features();

// Options that give the same results everywhere: 32 bit floats unless `fp16`.
ncnn::Option engine_options(int threads, bool fp16);

// The network in ncnn's text .param and .bin; ends the program where they are broken.
struct LoadedNetwork {
    std::unique_ptr<ncnn::Net> net;
    int input_blob = 0, output_blob = 0;
    int64_t load_ns = 0;  // from bytes in memory to a network that is ready to run
    size_t param_bytes = 0;
    size_t bin_bytes = 0;
};
LoadedNetwork load_network(const std::string& param_path, const std::string& bin_path,
                           const ncnn::Option& options);

// Images of one (channels, height, width) shape, ready for the engine.
struct Images {
    std::vector<ncnn::Mat> images;
    bool from_file = false;
};
// --input: little-endian float32 of whole images; without it one image of
// x[i+1] = (1664525 x[i] + 1013904223) mod 2^32, x[0] = 1, value (x >> 8) / 2^24.
Images read_images(const Arguments& arguments, const std::vector<int>& shape);

// One inference; ends the program where the engine fails.
ncnn::Mat infer(const ncnn::Net& net, int input_blob, int output_blob, const ncnn::Mat& image);

// Adds the class scores to a line as "values".
void add_scores(JsonLine& line, const ncnn::Mat& scores);
