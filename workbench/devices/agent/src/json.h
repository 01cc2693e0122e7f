// One line of JSON on standard output, always ASCII, written with a single system call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

constexpr int kSchema = 1;

class JsonLine {
public:
    // Starts {"schema":1,"record":"<record>".
    explicit JsonLine(std::string_view record);

    // A key of nullptr adds an element to the open array.
    JsonLine& text(const char* key, std::string_view value);
    JsonLine& integer(const char* key, int64_t value);
    JsonLine& real(const char* key, double value);
    JsonLine& flag(const char* key, bool value);
    JsonLine& null(const char* key);
    JsonLine& integers(const char* key, const std::vector<int64_t>& values);
    JsonLine& integers(const char* key, const std::vector<int>& values);
    JsonLine& reals(const char* key, const float* values, size_t count);

    JsonLine& open_object(const char* key) { return open(key, '{'); }
    JsonLine& open_array(const char* key) { return open(key, '['); }
    JsonLine& close_object() { return close('}'); }
    JsonLine& close_array() { return close(']'); }

    // Closes the line and writes it; ends the program when nobody can read it any more.
    void print();

private:
    JsonLine& open(const char* key, char bracket);
    JsonLine& close(char bracket);
    void begin(const char* key);
    void quoted(std::string_view value);

    std::string line_;
    bool first_ = false;
};
