// The one file that speaks to Dear ImGui: plain C functions over it. Nothing of the viewer's sense is here.
#include <GLFW/glfw3.h>

#include <imgui.h>
#include <imgui_impl_glfw.h>
#include <imgui_impl_opengl3.h>

extern "C" {
#include "viewer/imgui.h"
}

#include <float.h>
#include <math.h>
#include <string.h>

static float ui_scale = 1;
static bool ui_dark = true;

// Okabe and Ito's colours, as the trajectories have them.
static const ImU32 series_inks[] = {IM_COL32(230, 159, 0, 255),  IM_COL32(86, 180, 233, 255),
                                    IM_COL32(0, 158, 115, 255),  IM_COL32(240, 228, 66, 255),
                                    IM_COL32(0, 114, 178, 255),  IM_COL32(213, 94, 0, 255),
                                    IM_COL32(204, 121, 167, 255)};

static ImU32 get_ink(int ink) {
    switch (ink) {
    case TAU_UI_INK_TEXT:
        return ImGui::GetColorU32(ImGuiCol_Text);
    case TAU_UI_INK_MUTED:
        return ImGui::GetColorU32(ImGuiCol_TextDisabled);
    case TAU_UI_INK_FRAME:
        return ImGui::GetColorU32(ImGuiCol_Border);
    case TAU_UI_INK_ACCENT:
        return ui_dark ? IM_COL32(255, 255, 255, 255) : IM_COL32(0, 0, 0, 255);
    default:
        return series_inks[(ink - TAU_UI_INK_SERIES) % 7];
    }
}

/* ---- life ---- */

tau_status tau_ui_create(GLFWwindow *window) {
    ImGui::CreateContext();
    ImGuiIO &io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.LogFilename = nullptr;
    if (ImGui_ImplGlfw_InitForOpenGL(window, false) && ImGui_ImplOpenGL3_Init("#version 330 core"))
        return TAU_STATUS_OK;
    ImGui::DestroyContext();
    return tau_fail(TAU_STATUS_DEVICE, "cannot draw the panels of the window");
}

void tau_ui_destroy(void) {
    ImGui_ImplOpenGL3_Shutdown();
    ImGui_ImplGlfw_Shutdown();
    ImGui::DestroyContext();
}

static void set_colors() {
    if (ui_dark)
        ImGui::StyleColorsDark();
    else
        ImGui::StyleColorsLight();
    ImVec4 *colors = ImGui::GetStyle().Colors;
    colors[ImGuiCol_WindowBg].w = 0.96f;
    colors[ImGuiCol_PopupBg].w = 0.99f;
    if (!ui_dark) {
        colors[ImGuiCol_TextDisabled] = ImVec4(0.38f, 0.38f, 0.38f, 1);
        colors[ImGuiCol_Border] = ImVec4(0, 0, 0, 0.35f);
    } else {
        colors[ImGuiCol_TextDisabled] = ImVec4(0.68f, 0.68f, 0.68f, 1);
    }
}

void tau_ui_set_style(const char *font, double scale, bool dark) {
    static const ImWchar ranges[] = {0x20,   0xff,   0x100,  0x17f,  0x370,  0x3ff,  0x2010, 0x205e, 0x2070,
                                     0x209c, 0x2190, 0x21ff, 0x2200, 0x22ff, 0x25a0, 0x25ff, 0};
    ImGuiIO &io = ImGui::GetIO();
    ui_scale = (float)scale;
    ui_dark = dark;
    ImGui::GetStyle() = ImGuiStyle();
    set_colors();
    ImGuiStyle &style = ImGui::GetStyle();
    style.WindowRounding = style.FrameRounding = style.PopupRounding = style.GrabRounding = 3;
    style.FramePadding = ImVec2(6, 3);
    style.ScaleAllSizes(ui_scale);
    style.WindowBorderSize = 1;
    style.FrameBorderSize = dark ? 0 : 1;
    io.Fonts->Clear();
    float size = floorf(15 * ui_scale + 0.5f);
    if (!font || !io.Fonts->AddFontFromFileTTF(font, size, nullptr, ranges)) {
        ImFontConfig config;
        config.SizePixels = size;
        io.Fonts->AddFontDefault(&config);
    }
    ImGui_ImplOpenGL3_DestroyFontsTexture();
    ImGui_ImplOpenGL3_CreateFontsTexture();
}

void tau_ui_begin(void) {
    ImGui_ImplOpenGL3_NewFrame();
    ImGui_ImplGlfw_NewFrame();
    ImGui::NewFrame();
}

void tau_ui_end(void) {
    ImGui::Render();
    ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
}

/* ---- events ---- */

void tau_ui_on_key(GLFWwindow *window, int key, int scancode, int action, int mods) {
    ImGui_ImplGlfw_KeyCallback(window, key, scancode, action, mods);
}
void tau_ui_on_char(GLFWwindow *window, unsigned codepoint) {
    ImGui_ImplGlfw_CharCallback(window, codepoint);
}
void tau_ui_on_button(GLFWwindow *window, int button, int action, int mods) {
    ImGui_ImplGlfw_MouseButtonCallback(window, button, action, mods);
}
void tau_ui_on_scroll(GLFWwindow *window, double dx, double dy) {
    ImGui_ImplGlfw_ScrollCallback(window, dx, dy);
}
void tau_ui_on_enter(GLFWwindow *window, int entered) {
    ImGui_ImplGlfw_CursorEnterCallback(window, entered);
}
void tau_ui_on_focus(GLFWwindow *window, int focused) {
    ImGui_ImplGlfw_WindowFocusCallback(window, focused);
}

bool tau_ui_wants_mouse(void) {
    return ImGui::GetIO().WantCaptureMouse;
}
bool tau_ui_wants_text(void) {
    return ImGui::GetIO().WantTextInput;
}
bool tau_ui_is_active(void) {
    return ImGui::IsAnyItemActive();
}
void tau_ui_set_navigation(bool on) {
    ImGuiConfigFlags &flags = ImGui::GetIO().ConfigFlags;
    flags = on ? flags | ImGuiConfigFlags_NavEnableKeyboard : flags & ~ImGuiConfigFlags_NavEnableKeyboard;
}
void tau_ui_drop_focus(void) {
    ImGui::SetWindowFocus(nullptr);
}

/* ---- windows ---- */

bool tau_ui_begin_window(const char *name, tau_ui_kind kind, double x, double y, double width,
                         double height) {
    ImGuiWindowFlags flags = ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoCollapse |
                             ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoResize;
    if (kind != TAU_UI_DIALOG) flags |= ImGuiWindowFlags_NoTitleBar;
    if (kind == TAU_UI_STRIP) flags |= ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse;
    if (kind == TAU_UI_PANEL || kind == TAU_UI_STRIP)
        flags |= ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoFocusOnAppearing;
    if (kind == TAU_UI_OVERLAY)
        flags |= ImGuiWindowFlags_NoInputs | ImGuiWindowFlags_NoNav | ImGuiWindowFlags_NoFocusOnAppearing;
    ImGui::SetNextWindowPos(ImVec2((float)x, (float)y));
    if (height <= 0) {
        flags |= ImGuiWindowFlags_AlwaysAutoResize;
        ImGui::SetNextWindowSizeConstraints(ImVec2(width > 0 ? (float)width : 0, 0),
                                            ImVec2(width > 0 ? (float)width : FLT_MAX, FLT_MAX));
    } else {
        ImGui::SetNextWindowSize(ImVec2((float)width, (float)height));
    }
    if (kind == TAU_UI_OVERLAY) ImGui::SetNextWindowBgAlpha(0.9f);
    if (kind == TAU_UI_DIALOG) ImGui::SetNextWindowBgAlpha(1);
    return ImGui::Begin(name, nullptr, flags);
}

void tau_ui_end_window(void) {
    ImGui::End();
}
void tau_ui_focus_next_window(void) {
    ImGui::SetNextWindowFocus();
}
void tau_ui_get_window_size(double *width, double *height) {
    *width = ImGui::GetWindowWidth();
    *height = ImGui::GetWindowHeight();
}
bool tau_ui_begin_child(const char *name, double width, double height, bool frame) {
    return ImGui::BeginChild(name, ImVec2((float)width, (float)height), frame);
}
void tau_ui_end_child(void) {
    ImGui::EndChild();
}

/* ---- menus ---- */

bool tau_ui_begin_menu_bar(double *height) {
    bool open = ImGui::BeginMainMenuBar();
    *height = open ? ImGui::GetWindowHeight() : 0;
    return open;
}
void tau_ui_end_menu_bar(void) {
    ImGui::EndMainMenuBar();
}
bool tau_ui_begin_menu(const char *name) {
    return ImGui::BeginMenu(name);
}
void tau_ui_end_menu(void) {
    ImGui::EndMenu();
}
bool tau_ui_menu_item(const char *name, const char *keys, bool on, bool enabled) {
    return ImGui::MenuItem(name, keys, on, enabled);
}
void tau_ui_open_context_menu(void) {
    ImGui::OpenPopup("place");
}
bool tau_ui_begin_context_menu(void) {
    return ImGui::BeginPopup("place");
}
void tau_ui_end_context_menu(void) {
    ImGui::EndPopup();
}

/* ---- controls ---- */

void tau_ui_text(const char *text) {
    ImGui::TextUnformatted(text);
}
void tau_ui_text_wrapped(const char *text) {
    ImGui::PushTextWrapPos(0);
    ImGui::TextUnformatted(text);
    ImGui::PopTextWrapPos();
}
void tau_ui_text_muted(const char *text) {
    ImGui::PushStyleColor(ImGuiCol_Text, ImGui::GetStyleColorVec4(ImGuiCol_TextDisabled));
    tau_ui_text_wrapped(text);
    ImGui::PopStyleColor();
}
void tau_ui_line_muted(const char *text) {
    ImGui::PushStyleColor(ImGuiCol_Text, ImGui::GetStyleColorVec4(ImGuiCol_TextDisabled));
    ImGui::TextUnformatted(text);
    ImGui::PopStyleColor();
}
void tau_ui_heading(const char *text) {
    ImGui::Spacing();
    ImGui::TextUnformatted(text);
    ImGui::Separator();
}
void tau_ui_separator(void) {
    ImGui::Separator();
}
void tau_ui_space(double lines) {
    ImGui::Dummy(ImVec2(1, (float)lines * ImGui::GetTextLineHeight()));
}
void tau_ui_same_line(void) {
    ImGui::SameLine();
}
void tau_ui_same_line_at(double share) {
    ImGui::SameLine((float)share * ImGui::GetWindowWidth());
}
void tau_ui_next_width(double width) {
    ImGui::SetNextItemWidth((float)width);
}
bool tau_ui_button(const char *label) {
    return ImGui::Button(label);
}
bool tau_ui_checkbox(const char *label, bool *value) {
    return ImGui::Checkbox(label, value);
}
bool tau_ui_slider(const char *label, double *value, double lo, double hi, const char *format,
                   bool logarithmic) {
    ImGuiSliderFlags flags = ImGuiSliderFlags_AlwaysClamp | (logarithmic ? ImGuiSliderFlags_Logarithmic : 0);
    return ImGui::SliderScalar(label, ImGuiDataType_Double, value, &lo, &hi, format, flags);
}
bool tau_ui_slider_int(const char *label, int *value, int lo, int hi) {
    return ImGui::SliderInt(label, value, lo, hi, "%d", ImGuiSliderFlags_AlwaysClamp);
}
bool tau_ui_input_real(const char *label, double *value) {
    return ImGui::InputDouble(label, value, 0, 0, "%.4g", ImGuiInputTextFlags_EnterReturnsTrue);
}
bool tau_ui_begin_combo(const char *label, const char *value) {
    return ImGui::BeginCombo(label, value);
}
bool tau_ui_combo_item(const char *label, bool chosen) {
    bool clicked = ImGui::Selectable(label, chosen);
    if (chosen) ImGui::SetItemDefaultFocus();
    return clicked;
}
void tau_ui_end_combo(void) {
    ImGui::EndCombo();
}
bool tau_ui_input(const char *label, const char *hint, char *text, size_t size, bool focus) {
    if (focus) ImGui::SetKeyboardFocusHere();
    return ImGui::InputTextWithHint(label, hint, text, size, ImGuiInputTextFlags_EnterReturnsTrue);
}
bool tau_ui_selectable(const char *label, bool chosen, double width) {
    return ImGui::Selectable(label, chosen, ImGuiSelectableFlags_AllowDoubleClick, ImVec2((float)width, 0));
}
void tau_ui_scroll_here(void) {
    ImGui::SetScrollHereY(0.5f);
}
void tau_ui_tooltip(const char *text) {
    if (!ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled)) return;
    ImGui::BeginTooltip();
    ImGui::PushTextWrapPos(26 * ImGui::GetFontSize());
    ImGui::TextUnformatted(text);
    ImGui::PopTextWrapPos();
    ImGui::EndTooltip();
}
void tau_ui_begin_disabled(bool disabled) {
    ImGui::BeginDisabled(disabled);
}
void tau_ui_end_disabled(void) {
    ImGui::EndDisabled();
}
void tau_ui_push_id(int id) {
    ImGui::PushID(id);
}
void tau_ui_pop_id(void) {
    ImGui::PopID();
}
bool tau_ui_begin_table(const char *name, int columns) {
    return ImGui::BeginTable(name, columns, ImGuiTableFlags_RowBg | ImGuiTableFlags_SizingStretchProp);
}
void tau_ui_table_column(double share) {
    ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthStretch, (float)share);
}
void tau_ui_table_next(void) {
    ImGui::TableNextColumn();
}
void tau_ui_end_table(void) {
    ImGui::EndTable();
}
bool tau_ui_is_key_pressed(int glfw_key) {
    return ImGui::IsKeyPressed(glfw_key);
}

/* ---- drawing ---- */

bool tau_ui_canvas(const char *name, double height, double area[4], double *u) {
    ImVec2 at = ImGui::GetCursorScreenPos();
    float width = ImGui::GetContentRegionAvail().x;
    if (width < 1) width = 1;
    ImGui::InvisibleButton(name, ImVec2(width, (float)height));
    area[0] = at.x;
    area[1] = at.y;
    area[2] = width;
    area[3] = height;
    *u = (ImGui::GetIO().MousePos.x - at.x) / width;
    return ImGui::IsItemActive();
}

void tau_ui_draw_line(double x0, double y0, double x1, double y1, int ink, double width) {
    ImGui::GetWindowDrawList()->AddLine(ImVec2((float)x0, (float)y0), ImVec2((float)x1, (float)y1),
                                        get_ink(ink), (float)width * ui_scale);
}

void tau_ui_draw_polyline(const float *points, size_t count, int ink, double width, int dash) {
    ImDrawList *list = ImGui::GetWindowDrawList();
    float length = 0, period = 9 * ui_scale, mark = dash == 1 ? 6 * ui_scale : 2.5f * ui_scale;
    for (size_t i = 1; i < count; i++) {
        ImVec2 a(points[2 * i - 2], points[2 * i - 1]), b(points[2 * i], points[2 * i + 1]);
        float way = hypotf(b.x - a.x, b.y - a.y);
        if (!(way < 1e6f)) continue;
        if (!dash || fmodf(length, period) < mark) list->AddLine(a, b, get_ink(ink), (float)width * ui_scale);
        length += way;
    }
}

void tau_ui_draw_rectangle(double x, double y, double width, double height, int ink, bool filled) {
    ImVec2 a((float)x, (float)y), b((float)(x + width), (float)(y + height));
    if (filled)
        ImGui::GetWindowDrawList()->AddRectFilled(a, b, (get_ink(ink) & 0x00ffffff) | 0x40000000);
    else
        ImGui::GetWindowDrawList()->AddRect(a, b, get_ink(ink), 0, 0, ui_scale);
}

void tau_ui_draw_behind(double x, double y, double width, double height, int ink) {
    ImGui::GetBackgroundDrawList()->AddRect(ImVec2((float)x, (float)y),
                                            ImVec2((float)(x + width), (float)(y + height)), get_ink(ink), 0,
                                            0, ui_scale);
}

void tau_ui_draw_text(double x, double y, int ink, const char *text) {
    ImGui::GetWindowDrawList()->AddText(ImVec2((float)x, (float)y), get_ink(ink), text);
}
double tau_ui_measure(const char *text) {
    return ImGui::CalcTextSize(text).x;
}
double tau_ui_get_line_height(void) {
    return ImGui::GetTextLineHeight();
}
double tau_ui_get_spacing(void) {
    return ImGui::GetStyle().ItemSpacing.y;
}
void tau_ui_clip(double x, double y, double width, double height) {
    ImGui::GetWindowDrawList()->PushClipRect(ImVec2((float)x, (float)y),
                                             ImVec2((float)(x + width), (float)(y + height)), true);
}
void tau_ui_unclip(void) {
    ImGui::GetWindowDrawList()->PopClipRect();
}
const char *tau_ui_get_version(void) {
    return IMGUI_VERSION;
}
