import ArgumentParser
import Datasets
import Findings
import Reports

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "Datasets to HDF5, and to the eye.", subcommands: [Convert.self, ShowData.self])
}

extension DataCommand {
  struct Convert: ParsableCommand, ResultOptions {
    static let configuration = CommandConfiguration(
      commandName: "convert", abstract: "Write a dataset, or a subset of its classes, to one HDF5 file.")

    @Argument(help: ArgumentHelp("\(DataOptions.forms)."))
    var data: String

    struct Destination: PlaceOptions {
      @Option(name: .shortAndLong, help: "The HDF5 file to write.")
      var output: String
    }

    @OptionGroup var destination: Destination
    @OptionGroup var reading: DataOptions

    private var output: String { destination.output }

    func run() throws {
      try requireAbsent(output)
      let dataset = try reading.load(data)
      try dataset.writeHDF5(to: output)
      Console.result(
        "\(output): \(dataset.countWords)"
      )
    }
  }

  struct ShowData: ParsableCommand, ResultOptions {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "A dataset's shapes, classes and counts, and examples as pictures of text.")

    @Argument(help: ArgumentHelp("\(DataOptions.forms)."))
    var data: String

    @Option(help: "How many training images to draw.")
    var examples = 0

    @OptionGroup var reading: DataOptions
    @OptionGroup var shared: OutputOptions

    func run() throws {
      let dataset = try reading.load(data)
      let counts = ([dataset.train, dataset.test] + (dataset.validation.map { [$0] } ?? [])).map { split in
        split.labels.reduce(into: [Int](repeating: 0, count: dataset.classNames.count)) { $0[Int($1)] += 1 }
      }
      guard !shared.json else {
        Console.result(json(dataset, counts))
        return
      }
      Console.result(
        "\(dataset.name): \(dataset.countWords), fingerprint \(dataset.fingerprint)")
      for input in dataset.train.inputs {
        Console.result("input \(input.name): \(input.elementType.rawValue) \(NumberText.shape(input.shape))")
      }
      var table = TextTable(
        [
          .number("label"), .number("original"), .init("class"), .number("training"), .number("test"),
        ] + (dataset.validation == nil ? [] : [.number("validation")]))
      for (label, name) in dataset.classNames.enumerated() {
        table.append(
          [
            "\(label)", "\(dataset.labelMap[label])", name,
          ] + counts.map { NumberText.grouped($0[label]) })
      }
      Console.table(table)
      for index in 0..<min(max(0, examples), dataset.train.count) { try draw(dataset, index) }
    }

    /// A grey image in two rows a line of text.
    private func draw(_ dataset: Dataset, _ index: Int) throws {
      guard let image = dataset.train.inputs.first, image.elementType == .uint8, image.shape.count == 3 else { return }
      let (height, width) = (image.shape[1], image.shape[2])
      let pixels = try dataset.train.gather([index], of: image)
      let shades = Array(" .:-=+*#%@")
      Console.paragraph("example \(index): \(dataset.classNames[Int(dataset.train.labels[index])])")
      for row in stride(from: 0, to: height, by: 2) {
        let line = pixels[(row * width)..<((row + 1) * width)]
        Console.result(String(line.map { shade in shades[Int(shade) * (shades.count - 1) / 255] }))
      }
    }

    private func json(_ dataset: Dataset, _ counts: [[Int]]) -> JSONValue {
      let inputs = dataset.train.inputs.map { input -> JSONValue in
        let shape = input.shape.map { JSONValue.int($0) }
        return [
          "name": .string(input.name), "elementType": .string(input.elementType.rawValue), "shape": .array(shape),
        ]
      }
      let classes = dataset.classNames.indices.map { label -> JSONValue in
        let fields: [(String, JSONValue)] = [
          ("label", .int(label)), ("original", .int(dataset.labelMap[label])),
          ("name", .string(dataset.classNames[label])), ("train", .int(counts[0][label])),
          ("test", .int(counts[1][label])),
        ]
        return .object(fields + (counts.count > 2 ? [("validation", .int(counts[2][label]))] : []))
      }
      let validation = dataset.validation.map { [("validationCount", JSONValue.int($0.count))] } ?? []
      let counts: [(String, JSONValue)] = [
        ("name", .string(dataset.name)), ("fingerprint", .string(dataset.fingerprint)),
        ("trainCount", .int(dataset.train.count)), ("testCount", .int(dataset.test.count)),
      ]
      return .object(counts + validation + [("inputs", .array(inputs)), ("classes", .array(classes))])
    }
  }
}

extension Dataset {
  /// `5,000 training and 1,000 test examples`.
  fileprivate var countWords: String {
    let (training, testing) = (NumberText.grouped(train.count), NumberText.grouped(test.count))
    guard let validation else { return "\(training) training and \(testing) test examples" }
    return "\(training) training, \(testing) test and \(NumberText.grouped(validation.count)) validation examples"
  }
}
