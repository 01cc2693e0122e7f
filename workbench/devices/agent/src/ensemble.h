// A whole self-evolutionary network, read from the file that workbench/network/ensemble_file.py
// writes and describes. Everything in it is checked before it is used.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

enum class Kind { kConv, kPool, kChannels, kConcat, kAdd, kGlobalPool, kLinear };

struct Shape {
    int channels = 0, height = 0, width = 0;
    bool operator==(const Shape& o) const {
        return channels == o.channels && height == o.height && width == o.width;
    }
    bool operator!=(const Shape& o) const { return !(*this == o); }
};

struct Node {
    Kind kind;
    int inputs[2];  // earlier nodes of the graph; -1 its input, -2 none
    Shape in, out;
    int kernel_height, kernel_width, stride_height, stride_width;
    int groups;
    bool relu;
    int array, bias, table;  // -1: none

    bool has_weights() const { return array >= 0; }
};

struct Graph {
    std::vector<Node> nodes;  // none: the input is passed through
    int first_node = 0;       // number of nodes[0] among the nodes of all graphs
};

struct Array {
    int dims[4];
    const float* values;
};

struct Table {
    int contexts, channels;
    const float* scales;  // (contexts, channels)
    const float* shifts;
};

class Ensemble {
public:
    // Ends the program where the file is broken.
    explicit Ensemble(const std::string& path);
    Ensemble(const Ensemble&) = delete;
    Ensemble& operator=(const Ensemble&) = delete;

    Shape input;
    int classes = 0;
    int prefix_length = 0;
    std::vector<int> sizes;  // operators of each decision
    std::vector<Array> arrays;
    std::vector<Table> tables;
    std::vector<Graph> graphs;
    int node_count = 0;
    size_t bytes() const { return bytes_.size(); }

    const Graph& stem() const { return graphs[static_cast<size_t>(stem_)]; }
    const Graph& layer(size_t decision, int previous, int choice) const;
    const Graph& head(int choice) const {
        return graphs[static_cast<size_t>(heads_[static_cast<size_t>(choice)])];
    }
    // Which of a table's contexts belongs to the choices before `decision`.
    int context(const std::vector<int>& configuration, size_t decision) const;

private:
    std::string bytes_;
    int stem_ = 0;
    std::vector<std::vector<int>> layers_;  // a decision: previous * size + choice
    std::vector<int> heads_;
};
