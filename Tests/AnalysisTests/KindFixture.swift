import Checkpoints
import Datasets
import Evaluation
import HDF5
import Models
import TestSupport
import Testing
import Torch

/// The small models and data of each kind of task.
enum KindFixture {
  static let names = ["lm", "tags", "pixels", "many", "numbers"]

  static func checkpoint(_ name: String) throws -> Checkpoint {
    try Checkpoint(exportedProgram: Repository.fixture("kinds/\(name).pt2"), task: name)
  }

  static func data(_ name: String) throws -> Datasets.Dataset {
    try Datasets.Dataset.load(Repository.fixture("kinds/\(name).h5"))
  }

  /// The examples, labelled by what the model says: it knows them by heart.
  static func known(_ name: String, by model: Model) throws -> Datasets.Dataset {
    let data = try data(name)
    func labelled(_ split: Split) throws -> Split {
      let batch = try #require(try Batches(split: split, batchSize: split.count).makeIterator().next())
      let outputs = try withoutGradients { try model.run(try batch.modelInputs(for: model)).logits }
      let rows: TensorView
      switch name {
      case "lm":
        // What is said at a place is the label at the next one.
        let said = try outputs.argmax(along: 2).array(of: Int64.self)
        rows = TensorView(said.indices.map { $0 % 12 == 0 ? -100 : said[$0 - 1] }, shape: [split.count, 12])
      case "tags": rows = TensorView(try outputs.argmax(along: 2).array(of: Int64.self), shape: [split.count, 10])
      case "pixels": rows = TensorView(try outputs.argmax(along: 1).array(of: Int64.self), shape: [split.count, 8, 8])
      case "many":
        let signs: [Float] = try outputs.array(of: Float.self).map { $0 >= 0 ? 1 : 0 }
        rows = TensorView(signs, shape: [split.count, 4])
      default: rows = TensorView(try outputs.array(of: Float.self), shape: [split.count])
      }
      return Split(inputs: split.inputs, targets: InputArray(name: "labels", rows: rows))
    }
    return try Datasets.Dataset(
      name: name, classNames: data.classNames, train: labelled(data.train), test: labelled(data.test))
  }
}
