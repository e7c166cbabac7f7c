import ArgumentParser
import Checkpoints
import Datasets

/// Which outputs of a head the classes of the data are, of commands that judge data by a head that is there.
struct HeadClassOptions: ResultOptions {
  /// What `--classes` takes.
  static let forms = """
    Which of the head's outputs each class of these data is, where names do not say it: a text file of numbers from 0, one \
    a line in the order of the data's classes, or of a class, a tab and its number; or of the name of each output.
    """

  @Option(help: ArgumentHelp(Self.forms, valueName: "file"), completion: .path)
  var classes: String?

  /// The data with what the option says of their classes.
  func stated(_ dataset: Dataset) throws -> Dataset { try Self.stated(dataset, in: classes) }

  static func stated(_ dataset: Dataset, in file: String?) throws -> Dataset {
    guard let file else { return dataset }
    var dataset = dataset
    dataset.statedClasses = try StatedClasses(contentsOf: file, for: dataset)
    return dataset
  }

  /// Refuses the option where the data have no labels that count, or no head that is there judges them.
  func refuse(where reason: String) throws {
    if classes != nil { throw CommandError.usage("--classes: \(reason)") }
  }
}
