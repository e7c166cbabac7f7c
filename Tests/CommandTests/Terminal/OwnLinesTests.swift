import Checkpoints
import Datasets
import Evaluation
import Foundation
import HDF5
import TestSupport
import Testing
import Torch

@testable import LetheCommand

/// What commands say beside findings: each line stands in the article's table, is said where its evidence is there, and
/// each row of the table is said by some command.
@Suite(.serialized) struct OwnLinesTests {
  private static let data = Repository.fixture("fashion-mnist-small")

  @Test func everyLineStandsInTheTableAndIsSaidOnItsEvidence() throws {
    let folder = try TemporaryFolder()
    let (old, new) = (Self.data + ":0-4", Self.data + ":5-9")
    func file(_ name: String) -> String { folder.file(name) }
    try training(file, old, new)
    try files(file, folder)
    try measures(file, old, new)
    try experiments(file, old, new)
    try predictions(file)
    try kinds()
    try elsewhere(folder)
    let rows = try Self.rows().map(\.template)
    #expect(!rows.isEmpty)
    let never = rows.filter { row in !Self.reached.withLock { $0.contains(row) } }
    #expect(never.isEmpty, "never said: \(never)")
  }

  private func training(_ file: (String) -> String, _ old: String, _ new: String) throws {
    try check(
      ["new", "mlp", "--classes", "5", "--hidden", "8", "-o", file("base.h5")],
      says: ["{file} · {architecture} · {n} parameters · seed"])
    let begins = ["{file} · {architecture} · {n} parameters{source", "training {n}", "epoch {columns}", "next: "]
    try check(
      ["train", file("base.h5"), "--data", old, "--epochs", "3", "--lr", "0.1", "-o", file("source")], says: begins)
    try check(
      [
        "finetune", file("source"), "--source", old, "--target", new, "--epochs", "3", "--lr", "0.2",
        "--unfreeze-every", "1", "--regularizer", "l2-sp", "--schedule", "cosine", "-o", file("run"),
      ], says: begins + ["… · source head kept", "trains now", "{regularizer}: penalty"], except: ["L2-SP"])
    // A process of its own has other threads; the next one has those of before.
    let threads = try Library.threadCount() == 1 ? "2" : "1"
    let elsewhere = try Command("finetune", "--resume", file("run"), "--epochs", "4", "--threads", threads, "--quiet")
    #expect(elsewhere.status == 0, "\(elsewhere.errors)")
    try check(
      ["finetune", "--resume", file("run"), "--epochs", "5"],
      says: begins + [
        "… · source head kept", "… · resumed", "{regularizer}: penalty", "the learning rate rises",
        "the run goes on in another",
      ], except: ["L2-SP"])
    try check(
      [
        "finetune", file("base.h5"), "--task", "a=\(old)", "--task", "b=\(new)", "--epochs", "1", "-o", file("tasks"),
      ], says: ["{file} · {architecture} · {n} tasks", "task {task}", "training {n}", "epoch {columns}", "report: "])
    try check(
      [
        "watch", Repository.fixture("trainers/lightning"), "--once", "--program",
        Repository.fixture("trainers/net.pt2"),
        "--target", Repository.fixture("trainers/second.h5"), "--target-head", "keep", "-o", file("watched"),
      ], says: ["{folder} · {architecture} · {n} parameters · {device}", "epoch {columns}", "judged: ", "next: "])
    try check(
      [
        "watch", Repository.fixture("trainers/hf"), "--once", "--program", Repository.fixture("trainers/net.pt2"),
        "--target", Repository.fixture("trainers/second.h5"), "-o", file("odd"),
      ], says: ["{folder} · {architecture} · {n} parameters · {device}", "epoch {columns}", "not judged"],
      except: ["lethe: "], status: 66)
    // A head that grows says so; the rest is of findings.
    let grown = try said(
      [
        "finetune", file("source"), "--source", old, "--target", Self.data + ":3-6", "--target-head", "grow",
        "--epochs",
        "1", "-o", file("grown"),
      ])
    #expect(grown.contains { $0.hasPrefix("head: {n} class{es}") }, "\(grown)")
    try check(["train"], says: ["see: "], except: ["lethe:"], status: 64)
    // Runs that stopped early.
    let sequence = try Run.open(file("tasks"))
    var stopped = sequence
    var state = sequence.record
    state.state.isFinished = false
    try stopped.save(state)
    try check(
      ["verify", file("tasks")],
      says: ["{path}: {n} tensors, {n} bytes, all well", "{run}: an unfinished sequence"])
    let run = try Run.open(file("source"))
    var record = run.record
    record.state.isFinished = false
    record.state.plannedEpochs = nil
    var changed = run
    try changed.save(record)
    try check(
      ["evaluate", file("source"), "--data", old], says: ["{run} is an unfinished run"])
    try check(
      ["verify", file("source")], says: ["{path}: {n} tensors, {n} bytes, all well", "{run}: an unfinished run"])
    record.state.isFinished = true
    try changed.save(record)
  }

  private func predictions(_ file: (String) -> String) throws {
    func write(_ name: String, _ said: (Int) -> Int) throws {
      let rows = (0..<120).map { "\($0),\($0 % 2),\(said($0))" }
      try Data(("id,label,prediction\n" + rows.joined(separator: "\n")).utf8)
        .write(to: URL(fileURLWithPath: file(name)))
    }
    try write("said.csv") { $0 % 2 }
    try write("says.csv") { $0 < 20 ? 1 - $0 % 2 : $0 % 2 }
    try check(
      [
        "compare", file("said.csv"), file("says.csv"), "--max-forgetting", "50pp", "--junit", file("j.xml"),
        "--changed",
        file("c.csv"),
      ], says: ["changed: ", "judgement: "])
  }

  /// Of each kind of task.
  private func kinds() throws {
    let rows = try Self.rows()
    let row = try #require(rows.first { $0.template.hasPrefix("task: ") })
    for kind in TaskKinds.all {
      #expect(kind.headline.map(row.matches) == (kind.isClassification ? nil : true), "\(kind.headline ?? "")")
    }
    Self.reached.withLock { _ = $0.insert(row.template) }
  }

  /// Lines that are said where a test within the process cannot be: their words, from where they are made.
  private func elsewhere(_ folder: TemporaryFolder) throws {
    let rows = try Self.rows()
    let begun = try Run.create(
      at: folder.file("early"), record: RunRecord(state: RunState(kind: .training, isFinished: false)))
    let lines = [
      StandardOutput.closedNote, ImportCommand.uncheckedNote("no libtorch"),
      Run.unmeasuredNote("none of the layers has an output for each example"),
      CKACommand.leftOutNote(["a", "b"], pool: .tokens), CKACommand.leftOutNote(["a", "b"], pool: nil),
      TransferSession.leftOutNote("the head is tied to layers before the cut after a"),
      "early: " + (begun.unfinished ?? ""),
    ]
    for line in lines {
      let row = rows.filter { $0.matches(line) && !$0.isPhrase }.max { $0.weight(in: line) < $1.weight(in: line) }
      #expect(row != nil, "not in the table: \(line)")
      if let row { Self.reached.withLock { _ = $0.insert(row.template) } }
    }
  }

  private func files(_ file: (String) -> String, _ folder: TemporaryFolder) throws {
    try check(["verify", file("run")], says: ["{path}: {n} tensors, {n} bytes, all well"])
    try check(
      ["inspect", file("base.h5")],
      says: ["{file} · {architecture} · {n} parameters · task", "input", "head {task}: {classes}"])
    try check(
      ["export", file("run"), "-o", file("tuned.safetensors")], says: ["{file} · {n} tensors{shards…}"])
    try check(["inspect", file("tuned.safetensors")], says: ["{file} · {kind}"])
    try check(["verify", file("tuned.safetensors")], says: ["{path}: {n} tensors, {n} bytes, sound"])
    try check(
      [
        "import", "mlp", "--hidden", "8", "--classes", "5", "--weights", file("tuned.safetensors"), "-o", file("in.h5"),
      ],
      says: [
        "{file} · {architecture} · {n} parameters · {n} layers", "input", "{n} tensors from", "head {task}: {layer}",
      ])
    try check(
      [
        "import", "cnn", "--classes", "5", "--weights", file("tuned.safetensors"), "--partial", "-o", file("odd.h5"),
      ], says: ["missing from", "not in the model"], except: ["lethe: "], status: 65)
    try check(
      [
        "import", "mlp", "--hidden", "9", "--classes", "5", "--weights", file("tuned.safetensors"), "--partial", "-o",
        file("nine.h5"),
      ],
      says: [
        "{tensor}: the model has", "{file} · {architecture} · {n} parameters · {n} layers", "input", "{n} tensors from",
        "head {task}: {layer}",
      ])
    try check(
      ["data", "convert", Self.data + ":0-1", "-o", file("two.h5")], says: ["{data}: {n} training and"])
    try check(
      ["data", "show", file("two.h5"), "--examples", "1"], says: ["{data}: {n} training and", "input", "example"])
    try check(["drift", file("in.h5"), file("nine.h5")], says: ["{before} → {after}", "{tensor}: not compared"])
    try check(["drift", file("in.h5"), file("base.h5")], says: ["{before} → {after}", "only in"])
    try unchecked(file)
    try programs(file)
    try texts(file, folder)
    try data(folder)
  }

  /// Data of ours, to which another program has added validation examples without checksums.
  private func unchecked(_ file: (String) -> String) throws {
    let path = file("rewritten.h5")
    try FileManager.default.copyItem(atPath: file("two.h5"), toPath: path)
    let rewritten = try File.open(path, writable: true)
    let validation = try rewritten.root.createGroup("validation")
    try validation.createGroup("inputs").write("input", [UInt8](repeating: 1, count: 784), shape: [1, 1, 28, 28])
    try validation.write("labels", [Int64(0)])
    try rewritten.close()
    // Notices on files are told by the process.
    let told = try Command("data", "show", path).errors.split(separator: "\n").map(String.init)
    let rows = try Self.rows().filter { $0.template.hasPrefix("{path}: ") && $0.template.contains(" checksum") }
    let said = rows.filter { row in told.contains(where: row.matches) }.map(\.template)
    #expect(told.allSatisfy { line in rows.contains { $0.matches(line) } }, "\(told)")
    #expect(said.count == 2, "\(said)")
    Self.reached.withLock { $0.formUnion(said) }
  }

  private func programs(_ file: (String) -> String) throws {
    let fixture = Repository.fixture
    let imported = ["{file} · {architecture} · {n} parameters · {n} layers", "input"]
    try check(["inspect", fixture("hostile/from_file.pt2")], says: ["{file} · {kind}", "not run"])
    try check(["inspect", fixture("weights/adapters/with_head")], says: ["{file} · LoRA adapter", "whole"])
    try check(
      ["import", fixture("heads/decomposed.pt2"), "-o", file("bare.h5")], says: imported + ["no classifier found"])
    try check(
      ["import", fixture("heads/maps_beside.pt2"), "-o", file("beside.h5")], says: imported + ["head {task}: {layer}"])
    try check(
      ["inspect", file("beside.h5")],
      says: ["{file} · {architecture} · {n} parameters · task", "input", "output", "head {task}: {classes}"])
    try writeAdapter(to: file("adapter"))
    try check(
      ["import", file("in.h5"), "--adapter", file("adapter"), "-o", file("merged.h5")],
      says: imported + ["{adapter}: merged into", "head {task}: {layer}"])
    try pictures(file, imported)
    try check(
      [
        "train", file("base.h5"), "--data", Self.data + ":0-4", "--epochs", "1", "--lora", "rank=2", "-o", file("lora"),
      ],
      says: ["{file} · {architecture} · {n} parameters{source", "training {n}", "epoch {columns}", "next: "])
    try check(
      ["inspect", file("lora") + "/checkpoints/epoch-0001.h5"],
      says: ["{file} · {architecture} · {n} parameters · task", "input", "head {task}: {classes}", "low-rank adapters"])
    try check(["export", file("lora"), "--adapter", "-o", file("peft")], says: ["{folder} · LoRA adapter"])
    try check(
      ["export", file("run"), "--max-shard-size", "20KB", "-o", file("shards.safetensors")],
      says: ["{file} · {n} tensors{shards…}", "… in {n} shards"])
    try check(
      [
        "cka", file("deep.h5"), file("deep.h5"), "--data", Self.data + ":0-4", "--fit", "--samples", "24", "--quiet",
        "--matrix",
      ],
      says: [
        "{before} → {after} · {measure}, {n} examples of {data} in batches", "… and {rows}", "the matrix of {n}",
      ])
    var checkpoint = try Checkpoint(contentsOf: file("base.h5"))
    for (name, tensor) in checkpoint.parameters where name.hasPrefix("layers.0") {
      checkpoint.parameters[name] = TensorView([Float](repeating: 0, count: tensor.count), shape: tensor.shape)
    }
    try checkpoint.write(to: file("dead.h5"))
    try check(
      ["cka", file("dead.h5"), file("base.h5"), "--data", Self.data + ":0-4", "--quiet"],
      says: ["{before} → {after} · {measure}, {n} examples of {data} in batches", "† the features"])
  }

  private func texts(_ file: (String) -> String, _ folder: TemporaryFolder) throws {
    let text = folder.file("documents.txt")
    try Data("one line of text here\n\nanother document\n\nthird one\n\nfourth here\n".utf8)
      .write(to: URL(fileURLWithPath: text))
    try check(
      ["data", "convert", text, "--tokenizer", "bytes", "--length", "8", "-o", file("text.h5")],
      says: ["{text}: {n} document", "{n} document", "{data}: {n} training and"])
    let shown = ["{data}: {n} training and", "input", "labels: "]
    try check(
      ["data", "show", file("text.h5"), "--examples", "1"],
      says: shown + ["kind of task", "vocabulary", "example {n}: {n} token"], except: ["one"])
    try check(["data", "show", Repository.fixture("kinds/many.h5")], says: shown + ["names: "])
    try check(
      ["import", Repository.fixture("texts/gpt2.pt2"), "-o", file("tied.h5")],
      says: ["{file} · {architecture} · {n} parameters · {n} layers", "input", "head {task}: {layer}"])
    let tied = try said(["inspect", file("tied.h5")])
    #expect(tied.contains { $0.hasPrefix("one tensor, counted once") }, "\(tied)")
  }

  private func pictures(_ file: (String) -> String, _ imported: [String]) throws {
    try check(
      ["new", "resnet18", "--form", "cifar", "--classes", "5", "-o", file("deep.h5")],
      says: ["{file} · {architecture} · {n} parameters · seed"])
    for (resize, row) in [(["--resize", "40"], "images from files: resized"), ([], "images from files: brought")] {
      let sized = file("sized\(resize.count).h5")
      try check(
        ["import", file("deep.h5"), "--mean", "0,0,0", "--std", "1,1,1", "--image-size", "32", "-o", sized] + resize,
        says: imported + ["head {task}: {layer}"])
      try check(
        ["inspect", sized],
        says: ["{file} · {architecture} · {n} parameters · task", "input", "head {task}: {classes}", row])
    }
    try check(
      ["predict", file("deep.h5"), Repository.fixture("images/grey.png"), "-o", file("sheet.html")],
      says: ["{checkpoint} says nothing of normalization", "sheet"])
  }

  /// A LoRA adapter of PEFT's for the first layer of a perceptron of 8 hidden units: zeros.
  private func writeAdapter(to folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let plain = Repository.fixture("weights/adapters/plain/adapter_config.json")
    let text = try String(contentsOfFile: plain, encoding: .utf8)
    var config = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    (config["r"], config["target_modules"]) = (1, ["layers.0"])
    try JSONSerialization.data(withJSONObject: config)
      .write(to: URL(fileURLWithPath: folder + "/adapter_config.json"))
    let name = "base_model.model.layers.0.lora_"
    let header = """
      {"\(name)A.weight":{"dtype":"F32","shape":[1,784],"data_offsets":[0,3136]},\
      "\(name)B.weight":{"dtype":"F32","shape":[8,1],"data_offsets":[3136,3168]}}
      """
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
    bytes += Data(header.utf8) + Data(repeating: 0, count: 3168)
    try bytes.write(to: URL(fileURLWithPath: folder + "/adapter_model.safetensors"))
  }

  private func data(_ folder: TemporaryFolder) throws {
    for (place, file) in [
      ("train/a/1.png", "grey.png"), ("train/b/1.png", "Small.PNG"), ("test/a/1.png", "grey.png"),
    ] {
      let target = URL(fileURLWithPath: folder.file("photos/" + place))
      try FileManager.default.createDirectory(at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: Repository.fixture("images/\(file)"), toPath: target.path)
    }
    try Data("no image".utf8).write(to: URL(fileURLWithPath: folder.file("photos/train/a/2.png")))
    try check(
      ["data", "show", folder.file("photos"), "--image-size", "8", "--skip-unreadable"],
      says: ["left out", "{data}: {n} training and", "input"])
    let own = try Datasets.Dataset.load(Self.data + ":0-1")
    try Datasets.Dataset(
      name: "three", classNames: own.classNames, train: own.train, test: own.test, validation: own.test
    ).writeHDF5(to: folder.file("three.h5"))
    try check(
      ["data", "show", folder.file("three.h5")], says: ["{data}: {n} training, {n} test and", "input"])
  }

  private func measures(_ file: (String) -> String, _ old: String, _ new: String) throws {
    let run = file("run")
    try check(
      ["cka", run, "--data", old, "--quiet", "-o", file("cka.svg")],
      says: ["{before} → {after} · {measure}, {n} examples of {data} in batches", "chart: "])
    try check(
      ["cka", run, "--data", old, "--quiet", "--measure", "svcca", "--samples", "20"],
      says: ["{before} → {after} · {measure}, {n} examples of {data} at once", "fewer than ten"])
    try check(["probe", run, "--data", old], says: ["control"])
    let labels = (0..<101).map(Int32.init)
    let pixels = TensorView(labels.map { Float($0 % 7) }, shape: [101, 1, 1, 1])
    let many = Split(inputs: [InputArray(rows: pixels)], labels: labels)
    try Datasets.Dataset(
      name: "many", classNames: labels.map(String.init), labelMap: labels.map(Int.init), train: many, test: many
    ).writeHDF5(to: file("many.h5"))
    try check(
      ["new", "mlp", "--classes", "101", "--input", "1x1x1", "--hidden", "2", "-o", file("many-base.h5")],
      says: ["{file} · {architecture} · {n} parameters · seed"])
    try check(["probe", file("many-base.h5"), "--data", file("many.h5")], says: ["control", "probes of"])
    try check(["rewind", run], says: ["each alone"])
    try check(["rewind", run, "--cumulative"], says: ["from the head", "from the input"])
    try check(
      ["interpolate", run, "--source", old, "--lambda", "0.5", "-o", file("half.h5")],
      says: ["{before} → {after}", "wrote"])
    try check(["report", run], says: ["report: "])
    try check(
      ["diagnose", run, "--no-probes"],
      says: ["measuring", "Why", "Trust", "Mend", "Where", "When", "{title}, in {units}", "or ", "next: ", "report: "])
    try check(
      ["diagnose", run, "--apply", "1", "-o", file("fixed.h5"), "--quiet"], says: ["{remedy}: wrote"])
  }

  private func experiments(_ file: (String) -> String, _ old: String, _ new: String) throws {
    let quick = ["--epochs", "1", "--examples", "60"]
    try check(
      ["sweep", file("source"), "--source", old, "--target", new, "--regularizer", "none|l2-sp", "-o", file("sweep")]
        + quick,
      says: ["{file} · {architecture} · {n} run", "{method}, seed", "report: "])
    try check(
      ["transfer", file("source"), "--target", new, "--quick", "-o", file("transfer")] + quick,
      says: [
        "{file} · {architecture} · {target} · {n} cut", "{n}/{n}", "scoring", "What cheaper", "report: ", "next: ",
      ])
    let several = try said(
      [
        "transfer", file("source"), "--target", new, "--target", Self.data + ":2-6", "--quick", "--no-scores",
        "--no-trials", "-o", file("several"),
      ] + quick)
    #expect(several.contains("== {target}"), "\(several)")
    // What the base was trained on is gone by then.
    let pair = file("pair.h5")
    try FileManager.default.copyItem(atPath: file("two.h5"), toPath: pair)
    #expect(lines(["train", file("base.h5"), "--data", pair, "--epochs", "1", "-o", file("orphan")]).status == 0)
    try FileManager.default.removeItem(atPath: pair)
    let orphan = try said(
      ["transfer", file("orphan"), "--target", new, "--quick", "--no-scores", "-o", file("other")] + quick)
    #expect(orphan.contains { $0.hasPrefix("the base's own data") }, "\(orphan)")
    try check(
      ["transfer", file("source"), "--map", "--target", new, "--amounts", "5,all", "-o", file("map"), "--epochs", "1"],
      says: ["{file} · {architecture} · {targets}", "{n}/{n}", "report: "], except: ["fashion-mnist-small:5-9"])
  }
}
