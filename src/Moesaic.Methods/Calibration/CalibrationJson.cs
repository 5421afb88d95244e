using System.Text.Json;
using System.Text.Json.Serialization;

namespace Moesaic.Methods.Calibration;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, NewLine = "\n",
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    Converters = [typeof(CalibratedRowsConverter), typeof(StreamPlaceConverter)])]
[JsonSerializable(typeof(CalibrationStatistics))]
[JsonSerializable(typeof(CalibrationOptions))]
sealed partial class CalibrationJson : JsonSerializerContext;

sealed class CalibratedRowsConverter() : JsonStringEnumConverter<CalibratedRows>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);

sealed class StreamPlaceConverter() : JsonStringEnumConverter<StreamPlace>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);
