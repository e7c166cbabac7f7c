import ArgumentParser
import Checkpoints
import Findings
import Programs
import Reports

struct InspectCommand: ParsableCommand, ResultOptions {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show the layers, tensors, heads and sizes in a file of weights.",
    discussion: """
      FILE is a checkpoint, a run (its last epoch), or weights from elsewhere: .pt2, .pt, .pth, .safetensors or the \
      index of its shards, .onnx, Keras' .h5, .weights.h5 or .keras, any HDF5 file of tensors.
      """)

  @ArgumentParser.Argument(help: "A checkpoint, a run or any other file of weights.", completion: .path)
  var file: String

  @Option(
    help: ArgumentHelp(
      "The entry of a PyTorch file that is the state dict, as ema or model.state_dict.", valueName: "entry"))
  var state: String?

  @OptionGroup var tables: TableOptions
  @OptionGroup var shared: OutputOptions

  func run() throws {
    if LowRankAdapter.isAdapter(file), state == nil { return show(try LowRankAdapter(contentsOf: file)) }
    let path = try WeightsPath(file).path
    switch try WeightsFile.kind(of: path) {
    case .checkpoint where state == nil: show(try Checkpoint(contentsOf: path), path: path)
    case .exportedProgram where state == nil:
      // A graph that cannot be converted still has weights to look at; lethe import says what is wrong with it.
      let program = try? ExportedProgramArchive(contentsOf: path).program(output: .first)
      show(try WeightsFile(contentsOf: path), path: path, refused: program?.refusedCalls ?? [])
    default: show(try WeightsFile(contentsOf: path, state: state), path: path, refused: [])
    }
  }

  private func show(_ adapter: LowRankAdapter) {
    guard !shared.json else {
      Console.result([
        "file": .string(file), "kind": "LoRA adapter",
        "changes": .array(
          adapter.changes.map { change in
            ["tensor": .string(change.tensor), "rank": .int(change.rank), "scale": .double(change.scale)]
          }), "whole": .array(adapter.whole.keys.sorted().map { .string($0) }),
      ])
      return
    }
    Console.result("\(file) · LoRA adapter · \(adapter.changes.count) weights")
    var table = TextTable([.init("weight"), .number("rank"), .number("scale")])
    for change in adapter.changes {
      table.append([change.tensor, "\(change.rank)", NumberText.fixed(change.scale, 4)])
    }
    Console.table(table)
    if !adapter.whole.isEmpty { Console.result("whole: \(listed(adapter.whole.keys.sorted(), first: 12))") }
  }

  /// What of the program would not be run, said where nothing is run.
  private func warn(of refused: [Node]) {
    guard !refused.isEmpty else { return }
    let calls = refused.map { $0.layer.isEmpty ? $0.fullName : "\($0.fullName) (layer \($0.layer))" }
    Console.result("not run: its program calls \(listed(calls, first: 8)), which no program from a file may call")
  }

  private func json(of refused: [Node]) -> JSONValue {
    .array(refused.map { ["operator": .string($0.fullName), "layer": .string($0.layer)] })
  }

  private func show(_ checkpoint: Checkpoint, path: String) {
    let program = checkpoint.program
    guard !shared.json else {
      Console.result(json(checkpoint, path: path))
      return
    }
    Console.result(
      "\(path) · \(program.architecture) · \(NumberText.grouped(checkpoint.parameterCount)) parameters · task \(checkpoint.task)"
        + " · epoch \(checkpoint.epoch)")
    for input in program.inputs {
      Console.result("input \(input.name): \(input.elementType) \(NumberText.shape(input.shape))")
    }
    if let size = checkpoint.preprocessing?.imageSize {
      let resize = checkpoint.preprocessing?.imageResize.map { "resized to \($0), cut to " } ?? "brought to "
      Console.result("images from files: \(resize)\(NumberText.shape(size))")
    }
    if !program.outputNames.isEmpty {
      let others = program.outputNames.dropFirst().joined(separator: ", ")
      Console.result("output \(program.outputNames[0]) is the task's; besides \(others)")
    }
    var table = TextTable([.init("layer"), .init("kind"), .init("tensor"), .init("shape"), .number("elements")])
    for layer in program.layers {
      let names = layer.parameterNames + layer.bufferNames
      if names.isEmpty { table.append([layer.name, layer.kind]) }
      for (index, name) in names.enumerated() {
        guard let tensor = checkpoint.parameters[name] ?? checkpoint.buffers[name] else { continue }
        table.append([
          index == 0 ? layer.name : "", index == 0 ? layer.kind : "", String(name.dropFirst(layer.name.count + 1)),
          NumberText.shape(tensor.shape), NumberText.grouped(tensor.count),
        ])
      }
    }
    Console.table(table)
    for names in checkpoint.sharedParameters {
      Console.result("one tensor, counted once: \(names.joined(separator: ", "))")
    }
    warn(of: program.refusedCalls)
    if let adapters = checkpoint.adapters {
      Console.result(
        "low-rank adapters of rank \(adapters.rank), alpha \(NumberText.rate(adapters.alpha)), merged into "
          + listed(adapters.pairs.keys.sorted()))
    }
    for (task, head) in checkpoint.heads.sorted(by: { $0.key < $1.key }) {
      Console.result("head \(task): \(words(for: head.classNames))")
    }
  }

  /// The classes of a head; of many the first few, unless all are asked for.
  private func words(for classes: [String]) -> String {
    guard classes.count > 20, !tables.all else { return classes.joined(separator: ", ") }
    let (some, rest) = (classes.prefix(8).joined(separator: ", "), NumberText.grouped(classes.count - 8))
    return "\(NumberText.grouped(classes.count)) classes, \(some) and \(rest) more: --all shows every one"
  }

  private func show(_ file: WeightsFile, path: String, refused: [Node]) {
    for note in file.notes { Console.say(note) }
    let total = file.tensors.values.reduce(0) { $0 + $1.count }
    guard !shared.json else {
      Console.result([
        "file": .string(path), "kind": .string(file.kind.rawValue), "elementCount": .int(total),
        "refusedOperators": json(of: refused),
        "tensors": .array(
          file.names.map { name in
            [
              "name": .string(name), "shape": .array(file.tensors[name]?.shape.map { .int($0) } ?? []),
              "elementType": .string(file.tensors[name]?.elementType.rawValue ?? ""),
            ]
          }),
      ])
      return
    }
    let bytes = file.tensors.values.reduce(0) { $0 + $1.byteCount }
    Console.result(
      "\(path) · \(file.kind.rawValue) · \(NumberText.grouped(file.names.count)) tensors · \(NumberText.grouped(total)) elements"
        + " · \(NumberText.grouped(bytes)) bytes")
    var table = TextTable([.init("layer"), .init("tensor"), .init("type"), .init("shape"), .number("elements")])
    var previous: String?
    for name in file.names {
      guard let tensor = file.tensors[name] else { continue }
      let layer = Program.path(ofTensor: name)
      table.append([
        layer == previous ? "" : layer, String(name.dropFirst(layer.isEmpty ? 0 : layer.count + 1)),
        tensor.elementType.rawValue, NumberText.shape(tensor.shape), NumberText.grouped(tensor.count),
      ])
      previous = layer
    }
    Console.table(table)
    warn(of: refused)
  }

  private func json(_ checkpoint: Checkpoint, path: String) -> JSONValue {
    func tensors(_ views: [String: TensorView]) -> JSONValue {
      .array(
        views.sorted { $0.key < $1.key }.map { name, view in
          [
            "name": .string(name), "shape": .array(view.shape.map { .int($0) }),
            "elementType": .string(view.elementType.rawValue),
          ]
        })
    }
    return [
      "checkpoint": .string(path), "architecture": .string(checkpoint.program.architecture),
      "task": .string(checkpoint.task), "epoch": .int(checkpoint.epoch),
      "parameterCount": .int(checkpoint.parameterCount),
      "shared": .array(checkpoint.sharedParameters.map { .array($0.map { .string($0) }) }),
      "refusedOperators": json(of: checkpoint.program.refusedCalls),
      "layers": .array(
        checkpoint.program.layers.map { layer in
          [
            "name": .string(layer.name), "kind": .string(layer.kind),
            "parameters": .array(layer.parameterNames.map { .string($0) }),
            "buffers": .array(layer.bufferNames.map { .string($0) }),
          ]
        }), "parameters": tensors(checkpoint.parameters), "buffers": tensors(checkpoint.buffers),
      "heads": .array(
        checkpoint.heads.sorted { $0.key < $1.key }.map { task, head in
          ["task": .string(task), "classes": .array(head.classNames.map { .string($0) })]
        }),
      "adapters": checkpoint.adapters.map { adapters in
        [
          "rank": .int(adapters.rank), "alpha": .double(adapters.alpha),
          "tensors": .array(adapters.pairs.keys.sorted().map { .string($0) }),
        ]
      } ?? .null,
    ]
  }
}
