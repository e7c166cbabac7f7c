// swift-tools-version: 6.1
import PackageDescription

// A package with a `lethe` of its own. The comment on `CommandLineTool` shows it, with a version in place of the path.
// snippet
let package = Package(
  name: "own-lethe",
  dependencies: [.package(name: "lethe", path: "../../..")],
  targets: [
    .executableTarget(
      name: "own-lethe",
      dependencies: [
        .product(name: "LetheCommand", package: "lethe"), .product(name: "Lethe", package: "lethe"),
      ])
  ])
// end
