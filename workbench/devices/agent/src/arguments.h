// Strict command line: every option is known, given once, and within its limits.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

class Arguments {
public:
    // `options` take a value, `flags` none. Ends the program on anything else.
    Arguments(int argc, char** argv, const std::vector<std::string>& options,
              const std::vector<std::string>& flags);

    bool has(const std::string& name) const { return values_.count(name) != 0; }
    std::string text(const std::string& name) const;  // must be given
    int64_t integer(const std::string& name, int64_t otherwise, int64_t least, int64_t most) const;
    double real(const std::string& name, double otherwise, double least, double most) const;
    // A list such as 1,28,28 with `count` entries in [least, most]; any count where it is 0.
    std::vector<int> list(const std::string& name, size_t count, int least, int most) const;
    // Processors such as 0-3,6; empty where not given.
    std::vector<int> cpus(const std::string& name) const;

private:
    std::map<std::string, std::string> values_;
};

// Whole text as a decimal number within limits.
bool parse_integer(const std::string& text, int64_t least, int64_t most, int64_t* value);

// Kernel's list format, such as 0-3,6; empty text is an empty list.
bool parse_cpu_list(const std::string& text, std::vector<int>* cpus);
