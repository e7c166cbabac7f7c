import ArgumentParser
import Checkpoints
import Datasets
import Evaluation
import Files
import Findings
import Foundation
import Models
import Reports

struct PredictCommand: ParsableCommand, ResultOptions {
  static let configuration = CommandConfiguration(
    commandName: "predict", abstract: "The likeliest classes of pictures, with their probabilities.",
    discussion: """
      Pictures are JPEG and PNG files, or folders of them. They are brought to what the model was trained with: its size, \
      its normalization. Probabilities are the model's softmax, which Lethe does not calibrate.
      """)

  @Argument(help: "A checkpoint, or a run (its last epoch).", completion: .path)
  var checkpoint: String

  @Argument(help: "Pictures, or folders of them and of further folders.", completion: .path)
  var images: [String]

  @Option(help: "The task whose head to use; by default the checkpoint's.", completion: .heads)
  var head: String?

  @Option(help: "How many classes of each picture.")
  var top = 5

  struct Destination: PlaceOptions {
    @Option(name: .shortAndLong, help: "Write a sheet of the pictures here, HTML.", completion: .path)
    var output: String?

    @OptionGroup var existing: ExistingOutputOptions
  }

  @OptionGroup var destination: Destination
  @OptionGroup var reading: DataOptions
  @OptionGroup var hardware: DeviceOptions
  @OptionGroup var shared: OutputOptions

  func run() throws {
    try Bounds.check(top, of: "--top", atMost: Bounds.examples)
    let output = try destination.output.map { try destination.existing.place(for: $0, of: .page) }
    let path = try CheckpointPath(checkpoint).path
    let stored = try hardware.runnable(path)
    let preparation = try preparation(for: stored, at: path)
    let paths = try ImageListing.files(at: images)
    let (split, files, skipped) = Split.images(
      paths, prepared: preparation, skipsUnreadable: reading.skipUnreadable)
    if !skipped.isEmpty {
      Console.say("left out \(skipped.count) that cannot be read: \(listed(skipped, first: 3))")
    }
    guard split.count > 0 else { throw CommandError.badInput("none of \(paths.count) pictures can be read") }
    let model = try Model(stored, device: try hardware.open())
    if model.preprocessing == nil {
      Console.say("\(path) says nothing of normalization: pixels are given to it as they are, 0 to 255")
    }
    try model.activate(task: head ?? stored.task)
    try refuseOtherKind(of: model.task, at: path)
    let finding = try finding(model, split, files, checkpoint: path)
    if let output {
      let title = "\(model.task) · \(URL(fileURLWithPath: path).lastPathComponent)"
      try AtomicFile.write(Data(finding.html(title: title).utf8), to: output)
    }
    guard !shared.json else { return try Console.result(FindingEncoder.encode(finding)) }
    Console.table(finding.table())
    Console.paragraph(finding.basis)
    if let output = destination.output { Console.result("sheet: \(output)") }
  }

  /// Refuses a head that its run knows to be of a task whose answers are no single class.
  private func refuseOtherKind(of task: String, at path: String) throws {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().deletingLastPathComponent().path
    guard FileManager.default.fileExists(atPath: "\(folder)/run.h5") else { return }
    let data = try Run.open(folder).record.data
    let known = [data.target, data.source, data.proxy].compactMap(\.self) + data.tasks.map(\.data)
    if let kind = known.first(where: { $0.head == task })?.taskKind {
      throw CommandError.badInput(
        "\(path): head '\(task)' is of the kind \(kind): no single class is right, which these probabilities are of")
    }
  }

  /// What pictures are brought to for a model that takes pictures.
  private func preparation(for model: Checkpoint, at path: String) throws -> ImagePreparation {
    let inputs = model.program.inputs
    guard inputs.count == 1, inputs[0].shape.count == 4 else {
      let found = inputs.map { "\($0.name) \(NumberText.shape($0.shape))" }.joined(separator: ", ")
      throw CommandError.badInput("\(path): it takes no pictures: expected one input of 4 axes, found \(found)")
    }
    let options = try reading.images(for: model)
    guard let shape = options.shape else {
      throw CommandError.usage("\(path) takes pictures of any size: give --image-size")
    }
    return try ImagePreparation(shape: shape, resize: options.resize)
  }

  private func finding(
    _ model: Model, _ split: Split, _ files: [String], checkpoint: String
  ) throws -> PredictionFinding {
    let (classCount, answers) = try model.likeliestClasses(top, of: split, dataset: "the pictures")
    let names = model.heads[model.task]?.classNames ?? []
    let drawn = destination.output == nil ? 0 : min(files.count, PredictionFinding.pictureCount)
    let images = try files.indices.map { index in
      let classes = answers[index].map { label, probability in
        PredictionFinding.Answer(
          names.indices.contains(label) ? names[label] : "\(label)", label: label, probability: probability)
      }
      let small =
        index < drawn ? try split.smallImage(index, of: split.inputs[0], longest: Picture.longestSide) : nil
      return PredictionFinding.Image(
        file: files[index], classes: classes,
        picture: small.flatMap { Picture(planes: $0.planes, channels: $0.channels, height: $0.height, width: $0.width) }
      )
    }
    return PredictionFinding(
      checkpoint: checkpoint, head: model.task, classCount: classCount, images: images)
  }
}
