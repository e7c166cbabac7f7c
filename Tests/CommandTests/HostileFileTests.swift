import Checkpoints
import Foundation
import Programs
import TestSupport
import Testing

/// Files that would do harm, through the built command: one line, status 65, nothing done.
@Suite(.serialized) struct HostileFileTests {
  private let folder: TemporaryFolder
  private var data: String { Repository.fixture("fashion-mnist-small") }

  init() throws { folder = try TemporaryFolder() }

  /// A file of the user's, and an archive whose program would map and change it.
  private func archive() throws -> (archive: String, precious: String) {
    let precious = folder.file("precious.txt")
    try "sixteen bytes!!!".write(toFile: precious, atomically: true, encoding: .utf8)
    // A zip entry's length is part of its header: the name of the file is as long as the word it replaces.
    let path = folder.file("model.pt2")
    try FileManager.default.copyItem(atPath: Repository.fixture("hostile/from_file.pt2"), toPath: path)
    return (path, precious)
  }

  /// A checkpoint whose first call is of `aten::from_file` on a file.
  private func checkpoint(calling file: String) throws -> String {
    let base = folder.file("base.h5")
    #expect(try Command("new", "mlp", "--hidden", "8", "-o", base).status == 0)
    var checkpoint = try Checkpoint(contentsOf: base)
    var program = checkpoint.program
    let relu = try #require(program.nodes.firstIndex { $0.operatorName == "aten::relu" })
    program.nodes[relu] = Node(
      operatorName: "aten::from_file",
      inputs: [
        NamedArgument(name: "filename", value: .string(file)), NamedArgument(name: "shared", value: .bool(true)),
        NamedArgument(name: "size", value: .int(16)),
      ], outputs: program.nodes[relu].outputs, layer: program.nodes[relu].layer)
    checkpoint = Checkpoint(
      program: program, task: checkpoint.task, parameters: checkpoint.parameters, buffers: checkpoint.buffers,
      heads: checkpoint.heads)
    let path = folder.file("hostile.h5")
    try checkpoint.write(to: path)
    return path
  }

  @Test func aProgramThatOpensFilesIsNotImported() throws {
    let (archive, precious) = try archive()
    let output = folder.file("imported.h5")
    let command = try Command("import", archive, "-o", output)
    #expect(command.status == 65 && command.errorLines.count == 1, "\(command.errors)")
    for part in ["aten::from_file", "layer '1.1'", "--allow-operator aten::from_file"] {
      #expect(command.errors.contains(part), "\(command.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: output))
    #expect(try String(contentsOfFile: precious, encoding: .utf8) == "sixteen bytes!!!")
    let inspected = try Command("inspect", archive)
    #expect(
      inspected.status == 0 && inspected.output.contains("not run: its program calls aten::from_file (layer 1.1)"))
  }

  @Test func aCheckpointThatOpensFilesIsNotRun() throws {
    let (_, precious) = try archive()
    let hostile = try checkpoint(calling: precious)
    let run = folder.file("run")
    for arguments in [
      ["evaluate", hostile, "--data", data], ["probe", hostile, "--data", data],
      ["cka", hostile, hostile, "--data", data],
      ["train", hostile, "--data", data, "-o", run],
      ["finetune", hostile, "--source", data, "--target", data, "-o", run],
      ["finetune", hostile, "--task", "a=\(data)", "--task", "b=\(data)", "-o", run],
      ["sweep", hostile, "--source", data, "--target", data, "--regularizer", "none", "-o", run],
      ["transfer", hostile, "--target", data, "-o", run],
      ["interpolate", hostile, hostile, "--source", data],
      ["diagnose", "--before", hostile, "--after", hostile, "--source", data],
      ["evaluate", hostile, "--data", folder.file("nothing-there")],
    ] {
      let command = try Command(array: arguments)
      #expect(command.status == 65 && command.errors.contains("aten::from_file"), "\(arguments): \(command.errors)")
      #expect(!FileManager.default.fileExists(atPath: run), "\(arguments)")
      #expect(try String(contentsOfFile: precious, encoding: .utf8) == "sixteen bytes!!!")
    }
    // What runs nothing looks at it, and says so.
    for arguments in [["verify", hostile], ["drift", hostile, hostile], ["inspect", hostile]] {
      #expect(try Command(array: arguments).status == 0, "\(arguments)")
    }
    #expect(try Command("inspect", hostile).output.contains("not run: its program calls aten::from_file"))
    #expect(try Command("inspect", hostile, "--json").output.contains("\"refusedOperators\""))
    #expect(try Command("evaluate", hostile, "--data", data, "--allow-operator", "from_file").status == 64)
    // Whoever allows it takes it upon themselves: it is called, and fails only by the shape of what it gives.
    let allowed = try Command("evaluate", hostile, "--data", data, "--allow-operator", "aten::from_file")
    #expect(allowed.status == 65 && !allowed.errors.contains("not among"), "\(allowed.errors)")
  }

  @Test func aShapeThatDoesNotFitIsRefusedWithItsName() throws {
    let file = Repository.fixture("hostile/shape.pth")
    for arguments in [["inspect", file], ["verify", file], ["drift", file, file]] {
      let command = try Command(array: arguments)
      #expect(
        command.status == 65 && command.errorLines.count == 1, "\(arguments): \(command.status) \(command.errors)")
      #expect(command.errors.contains("endless"), "\(command.errors)")
    }
  }

  @Test func aFileThatCrashesLibhdf5IsOneLine() throws {
    let file = Repository.fixture("hostile/heap.h5")
    for arguments in [["inspect", file], ["verify", file], ["drift", file, file], ["data", "show", file]] {
      let command = try Command(array: arguments)
      #expect(
        command.status == 65 && command.errorLines.count == 1, "\(arguments): \(command.status) \(command.errors)")
      #expect(command.errors.contains("heap.h5: cannot be read as HDF5: the process that read it ended by signal"))
    }
  }

  @Test func countsBeyondAllMeasureAreRefusedByTheirOption() throws {
    let base = folder.file("base.h5")
    #expect(try Command("new", "mlp", "--hidden", "8", "-o", base).status == 0)
    let most = "9223372036854775807"
    let training = ["train", base, "--data", data, "-o", folder.file("run")]
    let twoTasks = ["--source", data, "--target", data]
    let cases: [(arguments: [String], option: String)] =
      [
        "--batch-size", "--epochs", "--accumulate", "--threads", "--examples", "--patience", "--keep-checkpoints",
        "--unfreeze-every",
        "--unfreeze-on-plateau", "--probe-epochs",
      ].flatMap { option in [most, "4611686018427387904", "1000000001"].map { (training + [option, $0], option) } }
      + [
        (training + ["--schedule", "step:\(most),0.1"], "--schedule"),
        (training + ["--schedule", "step:1e300,0.1"], "--schedule"),
        (training + ["--schedule", "step:4611686018427387904,0.1"], "--schedule"),
        (training + ["--schedule", "plateau:\(most),0.1"], "--schedule"),
        (training + ["--epochs", "0", "--warmup", "1e300"], "--warmup"),
        (training + ["--lora", "rank=\(most)"], "--lora"),
        (training + ["--augment", "crop=\(most)"], "crop"), (training + ["--augment", "crop=9e18"], "crop"),
        (["evaluate", base, "--data", data, "--threads", most], "--threads"),
        (["probe", base, "--data", data, "--samples", most], "--samples"),
        (["cka", base, base, "--data", data, "--samples", most], "--samples"),
        (["cka", base, base, "--data", data, "--batch-size", most], "--batch-size"),
        (["interpolate", base, base, "--points", most] + twoTasks, "--points"),
        (["diagnose", "--before", base, "--after", base, "--source", data, "--samples", most], "--samples"),
        (["transfer", base, "--target", data, "--seeds", most, "-o", folder.file("run")], "--seeds"),
        (
          ["transfer", base, "--target", data, "--map", "--least-steps", most, "-o", folder.file("run")],
          "--least-steps"
        ),
        (["transfer", base, "--target", data, "--map", "--amounts", most, "-o", folder.file("run")], "--amounts"),
      ]
      + ["--seeds", "--jobs", "--trials"].map { option in
        (
          ["sweep", base, "--regularizer", "l2-sp", "--max-forgetting", "2pp", option, most, "-o", folder.file("run")]
            + twoTasks, option
        )
      }
      + ["--classes", "--hidden", "--input"].map { option in
        (["new", "mlp", option, option == "--input" ? "1x1x\(most)" : most, "-o", folder.file("new.h5")], "mlp")
      }
    for (arguments, option) in cases {
      let command = try Command(array: arguments)
      #expect(command.status == 64, "\(arguments): \(command.status) \(command.errors)")
      #expect(command.errors.contains(option), "\(arguments): \(command.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder.file("run")), "\(arguments)")
    }
  }
}
