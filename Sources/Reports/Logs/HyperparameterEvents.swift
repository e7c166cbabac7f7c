import Findings

/// What a run was told, as TensorBoard's plugin `hparams` reads it: `plugin_data.proto` and `api.proto` of
/// `tensorboard/plugins/hparams`.
enum HyperparameterEvents {
  /// What is set and measured, then the values, then that the run ended.
  ///
  /// - Parameter tags: of the scalars.
  static func events(of log: RunLog, tags: [String]) -> [ProtobufMessage] {
    guard !log.settings.isEmpty, let last = log.rows.last else { return [] }
    var seen: Set<String> = []
    let metrics = tags.filter { seen.insert($0).inserted }
    let contents = [
      ("experiment", 2, experiment(log, metrics)), ("session_start_info", 3, start(log)),
      ("session_end_info", 4, end(at: last.wallTime)),
    ]
    return contents.map { name, field, content in
      var data = ProtobufMessage()
      data.append(content, field: field)
      return TensorBoardEvents.event(
        at: 0, wallTime: log.startTime, values: [value(tag: "_hparams_/\(name)", data)])
    }
  }

  private static func value(tag: String, _ data: ProtobufMessage) -> ProtobufMessage {
    var plugin = ProtobufMessage()
    plugin.append("hparams", field: 1)
    plugin.append(data.bytes, field: 2)
    var metadata = ProtobufMessage()
    metadata.append(plugin, field: 1)
    var value = ProtobufMessage()
    value.append(tag, field: TensorBoardEvents.ValueField.tag)
    value.append(metadata, field: TensorBoardEvents.ValueField.metadata)
    return value
  }

  private static func experiment(_ log: RunLog, _ metrics: [String]) -> ProtobufMessage {
    var experiment = ProtobufMessage()
    experiment.append(log.startTime, field: 3)
    for (name, value) in log.settings {
      var info = ProtobufMessage()
      info.append(name, field: 1)
      info.append(value.dataType, field: 4)
      experiment.append(info, field: 4)
    }
    for tag in metrics {
      var name = ProtobufMessage()
      name.append(tag, field: 2)
      var info = ProtobufMessage()
      info.append(name, field: 1)
      experiment.append(info, field: 5)
    }
    return experiment
  }

  private static func start(_ log: RunLog) -> ProtobufMessage {
    var start = ProtobufMessage()
    for (name, value) in log.settings {
      var entry = ProtobufMessage()
      entry.append(name, field: 1)
      entry.append(value.message, field: 2)
      start.append(entry, field: 1)
    }
    start.append(log.startTime, field: 5)
    return start
  }

  private static func end(at time: Double) -> ProtobufMessage {
    var end = ProtobufMessage()
    end.append(Int64(1), field: 1)
    end.append(time, field: 2)
    return end
  }
}

extension RunLog.Setting {
  /// `DataType` of `api.proto`.
  fileprivate var dataType: Int64 {
    switch self {
    case .text: 1
    case .flag: 2
    case .number: 3
    }
  }

  /// `google.protobuf.Value`.
  fileprivate var message: ProtobufMessage {
    var value = ProtobufMessage()
    switch self {
    case .number(let number): value.append(number, field: 2)
    case .text(let text): value.append(text, field: 3)
    case .flag(let flag): value.append(Int64(flag ? 1 : 0), field: 4)
    }
    return value
  }
}
