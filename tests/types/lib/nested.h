#pragma once
#ifndef NESTED_H
#define NESTED_H
struct nested { int a; char b; };
#endif
