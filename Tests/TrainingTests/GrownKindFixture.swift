import Checkpoints
import Datasets
import HDF5
import Models
import TestSupport
import Testing
import Torch

@testable import Training

/// Small tasks of which the one has classes that the head of the other lacks.
enum GrownKindFixture {
  static let names = [
    "tags": ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"], "pixels": ["sky", "tree", "road"],
    "many": ["red", "round", "large", "old"],
  ]
  /// Two classes that the head has not, and its first.
  static let newNames = [
    "tags": ["B-ORG", "O", "I-ORG"], "pixels": ["car", "sky", "dog"], "many": ["wet", "red", "soft"],
  ]

  static func knownCount(_ name: String) -> Int { names[name]?.count ?? 0 }

  /// The fixture's head, its outputs named.
  static func base(_ name: String) throws -> Checkpoint {
    let model = try Model(Checkpoint(exportedProgram: Repository.fixture("kinds/\(name).pt2"), task: "before"))
    let names = try #require(names[name])
    try model.renameHead("before", to: name, classNames: names, labelMap: Array(names.indices))
    return try model.checkpoint(epoch: 0)
  }

  static func source(_ name: String) throws -> Datasets.Dataset {
    let data = try Datasets.Dataset.load(Repository.fixture("kinds/\(name).h5"))
    return try Datasets.Dataset(
      name: name, classNames: try #require(names[name]), train: data.train, test: data.test)
  }

  /// The same inputs with three classes in turns, some left out; of labels, three columns.
  ///
  /// - Parameter numbers: of the three; 0 to 2 as data of their own have it.
  static func target(
    _ name: String, numbers: [Int64] = [0, 1, 2], names: [String]? = nil
  ) throws -> Datasets.Dataset {
    let data = try source(name)
    func labelled(_ split: Split) throws -> Split {
      let shape = name == "many" ? [3] : try #require(split.targets).shape
      let count = shape.reduce(split.count, *)
      let labels: [Int64] = (0..<count).map { place in
        if name == "many" { return place % 4 == 0 || place % 7 == 2 ? 1 : 0 }
        return place % 7 == 6 ? (name == "tags" ? -100 : 255) : numbers[(place + place / 5) % 3]
      }
      return Split(
        inputs: split.inputs,
        targets: InputArray(name: "labels", rows: TensorView(labels, shape: [split.count] + shape)))
    }
    return try Datasets.Dataset(
      name: "new", classNames: names ?? (try #require(newNames[name])), train: labelled(data.train),
      test: labelled(data.test))
  }

  static func run(_ name: String, at path: String) throws -> TrainingRun {
    var options = TrainingOptions()
    options.epochCount = 2
    options.batchSize = 20
    options.learningRate = 0.1
    options.regularizers = [try RegularizerSpecification("lwf", ["lambda": "1"])]
    var run = TrainingRun(
      options: options, path: path, target: try target(name), source: try source(name), device: .cpu)
    run.targetHead = .grow
    return run
  }
}
