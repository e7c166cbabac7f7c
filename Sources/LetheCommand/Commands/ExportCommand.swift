import ArgumentParser
import Checkpoints
import Foundation
import Reports

struct ExportCommand: ParsableCommand, ResultOptions {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a model's weights for PyTorch: .pth, .safetensors, .pt2 or HDF5; or for Keras.",
    discussion: """
      The tensors have PyTorch's names and load back with load_state_dict(strict=True):
        model.load_state_dict(safetensors.torch.load_file("model.safetensors"))
        model.load_state_dict(torch.load("model.pth", weights_only=True))
      One task's classifier goes with the backbone: the one in place, or that of --head.
      Weights that came from Keras go back as .weights.h5, for model.load_weights("tuned.weights.h5"): --like gives the \
      file they came from, whose layers, names and layouts they take; a whole .keras or .h5 is copied with these numbers. In the same way a model goes back into the .pt2 \
      that it was imported from, and runs in PyTorch.
      What a run with --lora has learnt goes into an adapter of PEFT's with --adapter, a folder:
        model = PeftModel.from_pretrained(base, "adapter")
      """)

  @Argument(help: "A checkpoint, or a run (its last epoch).", completion: .path)
  var checkpoint: String

  @Option(help: "The task whose classifier is written.", completion: .heads)
  var head: String?

  @Option(help: "The name its layer is given, as fc for fc.weight; the model's own by default.")
  var headName: String?

  @Option(
    help: """
      For .weights.h5: the .weights.h5 or .keras of the same layers, as Keras 3 wrote it. For .keras and .h5: the model \
      that the weights came from, which is written again with these. For .pt2: the program.
      """, completion: .path)
  var like: String?

  @Flag(help: "Write the low-rank adapters of a run with --lora and its classifier, as PEFT reads them, into a folder.")
  var adapter = false

  @Option(
    help: ArgumentHelp(
      "With --adapter, what its configuration calls the model that it is added to: a folder, a name of Hugging Face's.",
      valueName: "name"))
  var base: String?

  @Option(
    help: ArgumentHelp(
      "The most bytes of tensors in a .safetensors file, as 5GB or 500MB; more go into several with an index.",
      valueName: "size"))
  var maxShardSize = "5GB"

  struct Destination: PlaceOptions {
    @Option(
      name: .shortAndLong,
      help: """
        The file to write: .safetensors, .pth, .pt2, .h5 with a dataset a tensor, or Keras' .weights.h5, .keras and .h5; \
        with --adapter a folder.
        """, completion: .path)
    var output: String

    @OptionGroup var existing: ExistingOutputOptions
  }

  @OptionGroup var destination: Destination
  @OptionGroup var shared: OutputOptions

  private var output: String { destination.output }

  func run() throws {
    guard !adapter else { return try writeAdapter() }
    guard base == nil else { throw CommandError.usage("--base goes with --adapter") }
    guard let format = ExportedStateDictionary.Format(path: output, hasTemplate: like != nil) else {
      throw CommandError.usage(
        "--output: expected a name that ends in .safetensors, .pth, .pt2, .h5 or .keras, found '\(output)'")
    }
    if format == .exportedProgram, like == nil {
      throw CommandError.usage("--output: \(output) would be a program, which --like must give: the .pt2 of the model")
    }
    guard format.needsTemplate == (like != nil) else {
      throw CommandError.usage(
        format == .keras
          ? "--output: \(output) would be Keras' own, whose layers --like must give (the .weights.h5 or .keras that the "
            + "weights came from); .safetensors, or another name in .h5, takes PyTorch's names"
          : "--like goes with a name that ends in .weights.h5, .keras, .h5 or .pt2, found '\(output)'")
    }
    let shardByteCount = try shardByteCount(format)
    let place = try destination.existing.place(for: destination.output, of: .weights)
    let path = try CheckpointPath(checkpoint).path
    let exported = try ExportedStateDictionary(
      of: Checkpoint(contentsOf: path), file: path, task: head, headLayer: headName)
    var files = [place]
    if format == .safetensors {
      files = try exported.writeShards(to: place, shardByteCount: shardByteCount)
    } else {
      try exported.write(to: place, format: format, like: like)
    }
    let bytes = exported.tensors.values.reduce(0) { $0 + $1.byteCount }
    let task = exported.metadata["task"] ?? ""
    guard !shared.json else {
      Console.result([
        "file": .string(files[0]), "format": .string(format.rawValue), "task": .string(task), "byteCount": .int(bytes),
        "shards": .array(files.dropFirst().map { .string($0) }),
        "tensors": .array(exported.names.map { .string($0) }),
      ])
      return
    }
    Console.result(
      "\(files[0]) · \(exported.names.count) tensors"
        + (files.count > 1 ? " in \(files.count - 1) shards" : "")
        + " · \(NumberText.grouped(bytes)) bytes · classifier of \(task)")
  }

  /// `--max-shard-size` in bytes; decimal units, as Hugging Face has them.
  private func shardByteCount(_ format: ExportedStateDictionary.Format) throws -> Int {
    let text = maxShardSize.trimmingCharacters(in: .whitespaces).uppercased()
    let units = ["KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12]
    guard let unit = units[String(text.suffix(2))],
      let number = Double(text.dropLast(2).trimmingCharacters(in: .whitespaces)), number.isFinite,
      let bytes = Int(exactly: (number * unit).rounded(.down)), bytes > 0
    else {
      throw CommandError.usage(
        "--max-shard-size: expected a size as 5GB or 500MB (KB, MB, GB, TB), found '\(maxShardSize)'")
    }
    guard format == .safetensors || maxShardSize == "5GB" else {
      throw CommandError.usage("--max-shard-size goes with a name that ends in .safetensors, found '\(output)'")
    }
    return bytes
  }

  private func writeAdapter() throws {
    for (option, value) in [("--like", like), ("--head-name", headName)] where value != nil {
      throw CommandError.usage("\(option) does not go with --adapter, whose names are PEFT's")
    }
    let output = try destination.existing.place(for: destination.output, of: .adapter)
    let path = try CheckpointPath(checkpoint).path
    try destination.existing.makeRoom(at: output, keeping: [path])
    let written = try LowRankAdapter.write(
      Checkpoint(contentsOf: path), of: path, base: baseCheckpoint(of: path), task: head, baseName: base, to: output)
    let whole = written.whole.keys.sorted()
    guard !shared.json else {
      Console.result([
        "file": .string(output), "format": "adapter",
        "changes": .array(written.changes.map { .string($0.tensor) }), "whole": .array(whole.map { .string($0) }),
      ])
      return
    }
    Console.result(
      "\(output) · LoRA adapter · \(written.changes.count) weights of rank \(written.changes.first?.rank ?? 0)"
        + (whole.isEmpty ? "" : " · whole: \(listed(whole, first: 12))"))
  }

  /// The model that a run's adapters are added to: its epoch 0, which lies beside each of its checkpoints.
  private func baseCheckpoint(of path: String) throws -> Checkpoint {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().deletingLastPathComponent().path
    guard let run = try? Run.open(folder), FileManager.default.fileExists(atPath: run.checkpointPath(epoch: 0)) else {
      throw CommandError.badInput(
        "\(path): --adapter takes a run or one of its checkpoints: what else than the adapters has changed is seen from "
          + "the run's epoch 0, which is not beside it")
    }
    return try Checkpoint(contentsOf: run.checkpointPath(epoch: 0))
  }
}
