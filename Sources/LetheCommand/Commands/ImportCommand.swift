import ArgumentParser
import Checkpoints
import Foundation
import Models
import Programs
import Reports
import Torch

struct ImportCommand: ParsableCommand, ResultOptions {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Make a checkpoint of a PyTorch program or of anybody's weights.",
    discussion: """
      MODEL is a program that torch.export.save wrote (.pt2), a checkpoint of ours, or a built-in architecture: mlp, \
      cnn, resnet18, resnet34, resnet50. --weights takes .pt, .pth, .safetensors (or the index of its shards), Keras' \
      .h5, .weights.h5 or .keras, any HDF5 file of tensors, another program or checkpoint; tensors are matched by \
      name. A program is exported in Python by
        program = torch.export.export(model.eval(), (images,), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
        torch.export.save(program, "model.pt2")
      """)

  @ArgumentParser.Argument(help: "A .pt2 program, a checkpoint, or the name of an architecture.", completion: .models)
  var model: String

  @Option(help: "A file of weights to put into it.", completion: .path)
  var weights: String?

  @Option(
    help: ArgumentHelp("The entry of --weights that is the state dict, as ema or model.state_dict.", valueName: "entry")
  )
  var state: String?

  @Option(
    help: ArgumentHelp(
      "A LoRA adapter of PEFT's to merge into the weights: the folder of adapter_config.json.", valueName: "folder"),
    completion: .path)
  var adapter: String?

  @Option(help: "The name of the task its classifier was trained for; the file's name by default.")
  var task: String?

  @Option(help: "The names of its classes: a file with one a line, or a,b,c.", completion: .path)
  var classNames: String?

  @Option(
    help: ArgumentHelp(
      "Which of several outputs of a .pt2 program is the task's: a key of its dictionary, a place in its tuple.",
      valueName: "name"))
  var taskOutput: String?

  @Option(
    help: ArgumentHelp(
      "The layers that a task owns where no classifier is found: paths of layers or parameters, as head,head_dist.",
      valueName: "paths"))
  var headLayers: String?

  @Option(help: "A classifier in --weights with another number of classes: keep (apart), use or drop.")
  var head: String?

  @Flag(help: "Accept weights that lack tensors the model needs; these stay as they are in MODEL.")
  var partial = false

  @Option(help: "The mean of each input channel after division by --scale, as 0.485,0.456,0.406.")
  var mean: String?

  @Option(help: "The standard deviation of each input channel after division by --scale.")
  var std: String?

  @Option(help: "What uint8 inputs are divided by.")
  var scale = 255.0

  @Option(
    help: ArgumentHelp(
      "What the shorter side of images from files is resized to before the middle is cut out, as 256; with --mean.",
      valueName: "pixels"))
  var resize: String?

  @Option(help: "The size that images from files are brought to, as 224 or 96x128; with --mean.")
  var imageSize: String?

  @OptionGroup var destination: CheckpointDestination
  @OptionGroup var options: ArchitectureArguments
  @OptionGroup var operators: OperatorOptions
  @OptionGroup var shared: OutputOptions

  func run() throws {
    let output = try destination.place()
    try operators.admit()
    let preprocessing = try preprocessing()
    var (checkpoint, isFresh) = try base()
    var match: WeightMatch?
    if let weights {
      let file = try WeightsFile(contentsOf: WeightsPath(weights).path, state: state)
      for note in file.notes { Console.say("\(weights): \(note)") }
      let found = WeightMatch(file.tensors, to: checkpoint.program, sharing: checkpoint.sharedParameters)
      explain(found, weights: weights)
      try check(found, weights: weights)
      let policy = try differingHead(isFresh: isFresh)
      checkpoint.load(found, task: task ?? WeightsPath.stem(of: weights), differingHead: policy)
      match = found
    } else if state != nil {
      throw CommandError.usage("--state is an entry of --weights, which is not given")
    } else if isFresh {
      throw CommandError.usage("\(model) is an architecture; give --weights, or use lethe new for fresh weights")
    }
    if let adapter { try merge(adapter, into: &checkpoint) }
    if let classNames { checkpoint.rename(task: checkpoint.task, classNames: try classes(classNames, of: checkpoint)) }
    if let preprocessing { checkpoint.preprocessing = preprocessing }
    try checkOperators(of: checkpoint.program)
    try checkpoint.write(to: output)
    show(checkpoint, match, at: output)
  }

  private func merge(_ path: String, into checkpoint: inout Checkpoint) throws {
    let adapter = try LowRankAdapter(contentsOf: path)
    let head = Set(checkpoint.program.headParameterNames)
    let before = checkpoint.parameters.merging(checkpoint.buffers) { $1 }
    let merged = try adapter.merged(into: before, head: head)
    let old = checkpoint.parameters.filter { head.contains($0.key) }
    for (name, tensor) in merged {
      if checkpoint.parameters[name] != nil {
        checkpoint.parameters[name] = tensor
      } else {
        checkpoint.buffers[name] = tensor
      }
    }
    let own = checkpoint.parameters.filter { head.contains($0.key) }
    if own.contains(where: { $0.value.shape != old[$0.key]?.shape }) {
      // Another task's: the one that was in place is kept under its name.
      let name = task ?? WeightsPath.stem(of: path)
      guard checkpoint.heads[name] == nil else {
        throw CommandError.usage(
          "--task: \(path) has a classifier of other classes than that of '\(name)', which the model has already")
      }
      checkpoint.heads[checkpoint.task]?.tensors = old
      checkpoint.task = name
      checkpoint.rename(task: checkpoint.task)
    } else if checkpoint.heads[checkpoint.task] != nil {
      checkpoint.heads[checkpoint.task]?.tensors = own
    }
    Console.say("\(path): merged into \(adapter.changes.count) weights, \(adapter.whole.count) taken whole")
  }

  /// The checkpoint to start from, and whether its weights are fresh.
  private func base() throws -> (Checkpoint, isFresh: Bool) {
    if let architecture = Architecture(rawValue: model), !FileManager.default.fileExists(atPath: model) {
      try refuseProgramOptions("\(model) is an architecture")
      return (try options.checkpoint(of: architecture), true)
    }
    let path = try WeightsPath(model).path
    switch try WeightsFile.kind(of: path) {
    case .checkpoint:
      try refuseProgramOptions("\(path) is a checkpoint")
      var checkpoint = try Checkpoint(contentsOf: path)
      checkpoint.adapters = nil
      return (checkpoint, false)
    case .exportedProgram:
      return (
        try Checkpoint(
          exportedProgram: path, task: task ?? WeightsPath.stem(of: path),
          output: taskOutput.map { .named($0) } ?? .found,
          head: headLayers?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }), false
      )
    case let kind:
      throw CommandError.usage(
        "\(path) holds weights (\(kind.rawValue)) without the model they belong to: "
          + "lethe import MODEL --weights \(path), MODEL being a .pt2 program, a checkpoint or an architecture")
    }
  }

  private func refuseProgramOptions(_ found: String) throws {
    for (option, value) in [("--task-output", taskOutput), ("--head-layers", headLayers)] where value != nil {
      throw CommandError.usage("\(option) is for a .pt2 program; \(found)")
    }
  }

  private func differingHead(isFresh: Bool) throws -> Checkpoint.DifferingHead {
    guard let head else { return isFresh ? .use : .keep }
    guard let policy = Checkpoint.DifferingHead(rawValue: head) else {
      throw CommandError.usage("--head must be keep, use or drop, found '\(head)'")
    }
    return policy
  }

  private func classes(_ text: String, of checkpoint: Checkpoint) throws -> [String] {
    let isFile = FileManager.default.fileExists(atPath: text)
    let names =
      isFile
      ? try String(contentsOfFile: text, encoding: .utf8).split(whereSeparator: \.isNewline).map(String.init)
      : text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    let expected = checkpoint.heads[checkpoint.task]?.classNames.count ?? 0
    guard names.count == expected else {
      throw CommandError.usage("--class-names: the model has \(expected) classes, found \(names.count) names")
    }
    return names
  }

  private func preprocessing() throws -> Preprocessing? {
    func numbers(_ text: String, _ option: String) throws -> [Double] {
      try text.split(separator: ",").map { part in
        guard let number = Double(part), number.isFinite else {
          throw CommandError.usage("\(option): expected numbers separated by ',', found '\(text)'")
        }
        return number
      }
    }
    guard mean != nil || std != nil else {
      guard resize == nil, imageSize == nil else {
        throw CommandError.usage("--resize and --image-size are kept with --mean and --std, which are not given")
      }
      return nil
    }
    guard let mean, let std else { throw CommandError.usage("--mean and --std go together") }
    let (means, deviations) = (try numbers(mean, "--mean"), try numbers(std, "--std"))
    guard means.count == deviations.count, !means.isEmpty, deviations.allSatisfy({ $0 > 0 }), scale > 0 else {
      throw CommandError.usage("--mean and --std need as many numbers each, deviations and --scale above 0")
    }
    return Preprocessing(
      scale: scale, mean: means, standardDeviation: deviations, imageSize: try imageSize.map(DataOptions.size),
      imageResize: try resize.flatMap(DataOptions.sideLength))
  }

  static func uncheckedNote(_ reason: String) -> String {
    "not checked whether libtorch has the program's operators: \(reason)"
  }

  /// Asks libtorch, where it is at hand, whether it has every operator the program calls.
  private func checkOperators(of program: Program) throws {
    do { try Model.checkOperators(of: program) } catch let error as TorchError {
      guard case .failed = error else {
        Console.say(Self.uncheckedNote("\(error)"))
        return
      }
      throw error
    }
  }
}

// MARK: - What matched

extension ImportCommand {
  private func explain(_ match: WeightMatch, weights: String) {
    for note in match.notes { Console.say("\(weights): \(note)") }
    if !match.missing.isEmpty {
      let names = match.missing.prefix(8).map { name in
        let near = match.candidates(for: name)
        return near.isEmpty ? name : "\(name) (nearest: \(near.joined(separator: ", ")))"
      }
      Console.say(
        "missing from \(weights): " + names.joined(separator: ", ")
          + (match.missing.count > 8 ? " and \(match.missing.count - 8) more" : ""))
    }
    if !match.unexpected.isEmpty { Console.say("not in the model: \(listed(match.unexpected))") }
    for mismatch in match.mismatched.prefix(8) {
      Console.say(
        "\(mismatch.name): the model has \(NumberText.shape(mismatch.expected)), \(weights) \(NumberText.shape(mismatch.found))"
      )
    }
  }

  private func check(_ match: WeightMatch, weights: String) throws {
    do { try match.requireWhole(of: weights, orPart: partial) } catch CheckpointError.malformed(let path, let reason) {
      let way = match.tensors.isEmpty ? "" : "; --partial leaves them as they are"
      throw CheckpointError.malformed(path: path, reason: reason + way + Self.hint(match))
    }
  }

  /// That the file has the tensors under other names, and what to do; nothing where it has not.
  private static func hint(_ match: WeightMatch) -> String {
    guard let name = match.otherName else { return "" }
    return
      "; tensors of the same shapes have other names there, as \(name.file) where the model has \(name.program): save "
      + "those of the module that was exported, torch.save(model.state_dict(), \"weights.pt\"), as save_pretrained of "
      + "transformers writes the Hub's names, which may be others"
  }

  private func show(_ checkpoint: Checkpoint, _ match: WeightMatch?, at output: String) {
    let program = checkpoint.program
    let heads = checkpoint.heads.keys.sorted()
    guard !shared.json else {
      Console.result([
        "checkpoint": .string(output), "architecture": .string(program.architecture),
        "parameterCount": .int(checkpoint.parameterCount), "layerCount": .int(program.layers.count),
        "task": .string(checkpoint.task), "heads": .array(heads.map { .string($0) }),
        "matched": match.map { .int($0.tensors.count + $0.differingHead.count) } ?? .null,
        "missing": .array((match?.missing ?? []).map { .string($0) }),
        "unexpected": .array((match?.unexpected ?? []).map { .string($0) }),
        "mismatched": .array((match?.mismatched ?? []).map { .string($0.name) }),
      ])
      return
    }
    Console.result(
      "\(output) · \(program.architecture) · \(NumberText.grouped(checkpoint.parameterCount)) parameters"
        + " · \(program.layers.count) layers · \(program.nodes.count) calls")
    for input in program.inputs {
      Console.result("input \(input.name): \(input.elementType) \(NumberText.shape(input.shape))")
    }
    if let match { Console.result("\(match.tensors.count + match.differingHead.count) tensors from \(weights ?? "")") }
    guard let head = program.head else {
      Console.result(
        "no classifier found: the model can be judged and compared, but not fine-tuned to new classes; "
          + "--head-layers names the layers that a task owns")
      return
    }
    for task in heads {
      let count = checkpoint.heads[task]?.classNames.count ?? 0
      Console.result("head \(task): \(head), \(count) classes" + (task == checkpoint.task ? ", in place" : ""))
    }
  }
}
