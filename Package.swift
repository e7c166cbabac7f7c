// swift-tools-version: 6.1
import Foundation
import PackageDescription

// libtorch's headers: `LIBTORCH`, else what `make setup` put under `.libtorch/torch`. CTorch compiles to an
// empty library when they are missing, so everything that needs no tensors builds without them.
let libtorch =
  ProcessInfo.processInfo.environment["LIBTORCH"] ?? "\(Context.packageDirectory)/.libtorch/torch"
// A libtorch that is chosen is found again when the program runs.
let chosenLibtorch: [CSetting] =
  ProcessInfo.processInfo.environment["LIBTORCH"].map { folder in
    [.define("LETHE_LIBTORCH", to: "\"\(URL(fileURLWithPath: folder).standardizedFileURL.path)\"")]
  } ?? []
let torchHeaders = [
  "-isystem", "\(libtorch)/include", "-isystem", "\(libtorch)/include/torch/csrc/api/include", "-fvisibility=hidden",
]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

func tests(of name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
  .testTarget(name: "\(name)Tests", dependencies: [.target(name: name)] + dependencies, exclude: exclude)
}

let package = Package(
  name: "lethe",
  products: [
    .executable(name: "lethe", targets: ["lethe"]),
    .library(name: "CTorch", type: .dynamic, targets: ["CTorch"]),
    .library(
      name: "Lethe",
      targets: [
        "Files", "Programs", "Sizes", "Metrics", "Findings", "HDF5", "Checkpoints", "Torch", "Models", "Datasets",
        "Evaluation", "Training", "Analysis", "Predictions", "Reports",
      ]),
    .library(name: "LetheCommand", targets: ["LetheCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"),
  ],
  targets: [
    .target(
      name: "CTorch",
      cxxSettings: [
        .headerSearchPath("../CTorchInterface/include"),
        // For ProcessGroups.cpp alone: nothing else asks for headers of Gloo.
        .headerSearchPath("Gloo"),
        .unsafeFlags(torchHeaders),
      ]),
    .target(name: "CTorchInterface", cSettings: chosenLibtorch),
    .target(name: "CConfinement"),
    .systemLibrary(name: "CHDF5"),
    .systemLibrary(name: "CJPEG"),
    .systemLibrary(name: "CPNG"),
    .systemLibrary(name: "CXXHash"),
    .systemLibrary(name: "CZlib"),
    .target(name: "Files", dependencies: ["CXXHash"]),
    .target(
      name: "Programs", dependencies: ["Sizes"],
      exclude: ["Operators/Rule"]),
    .target(name: "Sizes"),
    .target(name: "DemoData", exclude: ["make_digits.py"], resources: [.embedInCode("digits.h5")]),
    .target(name: "Metrics"),
    .target(name: "Findings", dependencies: ["Metrics"]),
    .target(name: "Reports", dependencies: ["Findings", "Metrics"]),
    .target(name: "HDF5", dependencies: ["CConfinement", "CHDF5", "Files"]),
    .target(name: "Predictions", dependencies: ["Findings", "Metrics", "HDF5", "Files"]),
    .target(name: "Checkpoints", dependencies: ["HDF5", "Files", "Programs", "Sizes", "CZlib"]),
    .target(name: "Torch", dependencies: ["CTorchInterface"]),
    .target(name: "Models", dependencies: ["Torch", "Checkpoints", "HDF5", "Programs", "Sizes", "Metrics"]),
    .target(
      name: "Datasets",
      dependencies: ["Torch", "HDF5", "Checkpoints", "Files", "Metrics", "CZlib", "CJPEG", "CPNG"]),
    .target(
      name: "Evaluation",
      dependencies: ["Models", "Datasets", "Findings", "Metrics", "Checkpoints", "Torch", "Programs"]),
    .target(
      name: "Training",
      dependencies: [
        "Evaluation", "Models", "Datasets", "Findings", "Metrics", "Checkpoints", "HDF5", "Files", "Torch",
        "Programs",
      ]),
    .target(
      name: "Analysis",
      dependencies: [
        "Training", "Evaluation", "Models", "Datasets", "Findings", "Metrics", "Checkpoints", "HDF5", "Files", "Torch",
        "Programs",
      ]),
    .target(
      name: "LetheCommand",
      dependencies: [
        "Analysis", "Training", "Evaluation", "Models", "Datasets", "Findings", "Metrics", "Checkpoints", "HDF5",
        "Files", "Torch", "Programs", "Predictions", "Reports", "DemoData", argumentParser,
        .product(name: "Yams", package: "Yams"),
      ]),
    .executableTarget(name: "lethe", dependencies: ["LetheCommand"]),
    .target(name: "TestSupport", path: "Tests/TestSupport"),
    // What another package would have: see `CommandLineTool`.
    .executableTarget(
      name: "own-lethe", dependencies: ["LetheCommand", "Training", "Torch"],
      path: "Tests/Examples/OwnLethe/Sources/own-lethe"),
    tests(of: "Files", ["TestSupport"]),
    tests(of: "Programs"),
    tests(of: "Sizes"),
    tests(of: "Metrics", ["TestSupport"]),
    tests(of: "Findings", ["Metrics", "TestSupport"]),
    tests(
      of: "Reports", ["Findings", "Metrics", "TestSupport"],
      exclude: ["Snapshots", "Logs/Snapshots", "Sentences/Snapshots"]),
    tests(of: "HDF5", ["CConfinement", "Files", "TestSupport"]),
    tests(of: "Predictions", ["Findings", "Metrics", "HDF5", "Files", "TestSupport"]),
    tests(of: "Checkpoints", ["HDF5", "Files", "Programs", "TestSupport"]),
    tests(of: "Torch", ["TestSupport"]),
    tests(of: "Models", ["Torch", "Checkpoints", "HDF5", "Programs", "TestSupport"]),
    tests(of: "Datasets", ["Torch", "HDF5", "Checkpoints", "Files", "Metrics", "TestSupport"]),
    tests(
      of: "Evaluation",
      ["Models", "Datasets", "Findings", "Metrics", "Checkpoints", "HDF5", "Torch", "Programs", "TestSupport"]),
    tests(
      of: "Training",
      [
        "Evaluation", "Models", "Datasets", "Findings", "Metrics", "Checkpoints", "HDF5", "Files", "Torch", "Programs",
        "TestSupport",
      ]),
    tests(
      of: "Analysis",
      [
        "Training", "Evaluation", "Models", "Datasets", "Findings", "Metrics", "Checkpoints", "HDF5", "Files", "Torch",
        "Programs", "TestSupport",
      ]),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "LetheCommand", "Analysis", "Training", "Evaluation", "Models", "Datasets", "Checkpoints", "Findings", "HDF5",
        "Files", "Torch", "Metrics", "Programs", "Predictions", "Reports", "TestSupport", argumentParser,
        .product(name: "Yams", package: "Yams"),
      ]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx20
)

// The fuzzers, for `make fuzz` alone: libFuzzer comes with the compiler, and watches all that is built with it.
if ProcessInfo.processInfo.environment["LETHE_FUZZ"] != nil {
  package.targets += [
    .executableTarget(
      name: "fuzz", dependencies: ["Datasets", "Checkpoints", "Findings", "HDF5", "Files", "Programs", "Predictions"],
      path: "Tests/Fuzzing")
  ]
}
