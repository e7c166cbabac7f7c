import ArgumentParser
import Datasets
import Findings
import Foundation
import Reports

extension DataCommand {
  struct ShowData: ParsableCommand, ResultOptions {
    static let configuration = CommandConfiguration(
      commandName: "show",
      abstract: "A dataset's shapes, classes and counts, and examples as pictures of text, or as text.")

    @Argument(help: ArgumentHelp("\(DataOptions.forms)."), completion: .data)
    var data: String

    @Option(help: "How many training examples to draw, or to write.")
    var examples = 0

    @OptionGroup var reading: DataOptions
    @OptionGroup var shared: OutputOptions

    func run() throws {
      let dataset = try reading.load(data)
      guard !shared.json else { return Console.result(try json(dataset)) }
      Console.result(
        "\(dataset.name): \(dataset.countWords), fingerprint \(dataset.fingerprint)")
      for input in dataset.train.inputs {
        Console.result("input \(input.name): \(input.elementType.rawValue) \(NumberText.shape(input.shape))")
      }
      if let labels = dataset.train.targets { showForm(of: labels, dataset) } else { showClasses(dataset) }
      for index in shown(of: dataset) {
        if dataset.train.targets == nil { try draw(dataset, index) } else { try write(dataset, index) }
      }
    }

    private func shown(of dataset: Dataset) -> Range<Int> { 0..<min(max(0, examples), dataset.train.count) }

    /// What labels that are not one class an example are, and what they stand for.
    private func showForm(of labels: InputArray, _ dataset: Dataset) {
      let shape = labels.shape.isEmpty ? "one an example" : NumberText.shape(labels.shape)
      Console.result("labels: \(labels.elementType.rawValue) \(shape)")
      if let kind = dataset.taskKind { Console.result("kind of task: \(kind)") }
      if !dataset.classNames.isEmpty { Console.result("names: \(listed(dataset.classNames))") }
      guard let vocabulary = dataset.vocabulary else { return }
      let end = vocabulary.endToken.map { ", \($0) ends a document" } ?? ""
      Console.result("vocabulary: \(NumberText.grouped(vocabulary.count)) tokens of \(vocabulary.tokenizer)\(end)")
    }

    private func showClasses(_ dataset: Dataset) {
      let counts = classCounts(of: dataset)
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
    }

    /// Of each class, of every split.
    private func classCounts(of dataset: Dataset) -> [[Int]] {
      ([dataset.train, dataset.test] + (dataset.validation.map { [$0] } ?? [])).map { split in
        split.labels.reduce(into: [Int](repeating: 0, count: dataset.classNames.count)) { $0[Int($1)] += 1 }
      }
    }

    /// A text, what of it is given in brackets.
    private func write(_ dataset: Dataset, _ index: Int) throws {
      guard let example = try dataset.text(of: index, in: dataset.train) else { return }
      let isMasked = example.parts.contains(where: \.isMasked)
      Console.paragraph(
        "example \(index): \(NumberText.plural(example.tokenCount, "token"))"
          + (isMasked ? ", what stands in ⟦ ⟧ is given and not learnt" : ""))
      let text = example.parts.map { $0.isMasked ? "⟦\($0.text)⟧" : $0.text }.joined()
      for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
        Console.result(line.replacingOccurrences(of: "\t", with: "    "))
      }
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

    private func json(_ dataset: Dataset) throws -> JSONValue {
      let counts = dataset.train.targets == nil ? classCounts(of: dataset) : []
      let inputs = dataset.train.inputs.map { input -> JSONValue in
        let shape = input.shape.map { JSONValue.int($0) }
        return [
          "name": .string(input.name), "elementType": .string(input.elementType.rawValue), "shape": .array(shape),
        ]
      }
      let classes =
        counts.isEmpty
        ? []
        : dataset.classNames.indices.map { label -> JSONValue in
          let fields: [(String, JSONValue)] = [
            ("label", .int(label)), ("original", .int(dataset.labelMap[label])),
            ("name", .string(dataset.classNames[label])), ("train", .int(counts[0][label])),
            ("test", .int(counts[1][label])),
          ]
          return .object(fields + (counts.count > 2 ? [("validation", .int(counts[2][label]))] : []))
        }
      let validation = dataset.validation.map { [("validationCount", JSONValue.int($0.count))] } ?? []
      let head: [(String, JSONValue)] = [
        ("name", .string(dataset.name)), ("fingerprint", .string(dataset.fingerprint)),
        ("trainCount", .int(dataset.train.count)), ("testCount", .int(dataset.test.count)),
      ]
      let labels = try labelFields(of: dataset)
      return .object(
        head + validation + [("inputs", .array(inputs)), ("classes", .array(classes))] + labels)
    }

    /// What stands in JSON of labels that are not one class an example.
    private func labelFields(of dataset: Dataset) throws -> [(String, JSONValue)] {
      guard let labels = dataset.train.targets else { return [] }
      var fields: [(String, JSONValue)] = [
        (
          "labels",
          ["elementType": .string(labels.elementType.rawValue), "shape": .array(labels.shape.map { .int($0) })]
        )
      ]
      if let kind = dataset.taskKind { fields.append(("taskKind", .string(kind))) }
      if !dataset.classNames.isEmpty { fields.append(("names", .array(dataset.classNames.map { .string($0) }))) }
      guard let vocabulary = dataset.vocabulary else { return fields }
      fields.append(
        ("vocabulary", ["count": .int(vocabulary.count), "tokenizer": .string(vocabulary.tokenizer)]))
      let texts = try shown(of: dataset).compactMap { try dataset.text(of: $0, in: dataset.train) }.map {
        text -> JSONValue in
        let parts = text.parts.map { part -> JSONValue in ["text": .string(part.text), "masked": .bool(part.isMasked)] }
        return ["tokenCount": .int(text.tokenCount), "parts": .array(parts)]
      }
      return fields + (texts.isEmpty ? [] : [("examples", .array(texts))])
    }
  }
}
