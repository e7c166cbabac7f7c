import ArgumentParser
import Datasets
import Foundation
import Reports

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "Datasets to HDF5, and to the eye.", subcommands: [Convert.self, ShowData.self])
}

extension DataCommand {
  struct Convert: ParsableCommand, ResultOptions {
    static let configuration = CommandConfiguration(
      commandName: "convert", abstract: "Write a dataset, a subset of its classes, or text as tokens to one HDF5 file.")

    @Argument(help: ArgumentHelp("\(DataOptions.forms)."), completion: .data)
    var data: String

    struct Destination: PlaceOptions {
      @Option(name: .shortAndLong, help: "The HDF5 file to write.", completion: .path)
      var output: String

      @OptionGroup var existing: ExistingOutputOptions
    }

    @OptionGroup var destination: Destination
    @OptionGroup var text: TextOptions
    @OptionGroup var reading: DataOptions

    func run() throws {
      let output = try destination.existing.place(for: destination.output, of: .dataset)
      let dataset = try dataset()
      try dataset.writeHDF5(to: output)
      Console.result(
        "\(output): \(dataset.countWords)"
      )
    }

    private func dataset() throws -> Dataset {
      guard text.tokenizer != nil else {
        guard !Self.textForms.contains((data as NSString).pathExtension.lowercased()) else {
          throw CommandError.usage(
            "\(data): text needs --tokenizer, a folder with tokenizer.json, or bytes for a token a byte")
        }
        return try reading.load(data)
      }
      let (dataset, told) = try text.dataset(of: data)
      told.forEach(Console.say)
      return dataset
    }

    private static let textForms = ["txt", "jsonl", "ndjson"]
  }
}

extension Dataset {
  /// `5,000 training and 1,000 test examples`.
  var countWords: String {
    let (training, testing) = (NumberText.grouped(train.count), NumberText.grouped(test.count))
    guard let validation else { return "\(training) training and \(testing) test examples" }
    return "\(training) training, \(testing) test and \(NumberText.grouped(validation.count)) validation examples"
  }
}
