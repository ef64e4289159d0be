// For the test executables.
#pragma once
#include "pch_core.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
